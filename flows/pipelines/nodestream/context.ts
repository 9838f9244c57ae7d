import type { z } from "zod";
import type { PipelineStep } from "../steps/step.ts";
import { check } from "../yaml/check.ts";
import type { YamlNode } from "../yaml/node.ts";
import { stepArguments } from "./arguments.ts";

/** What a step is made of. */
export interface StepContext {
  /** Its arguments, as plain data, and where they are written. */
  readonly given: unknown;
  readonly node: YamlNode;
  /** Where the class is named. */
  readonly implementation: YamlNode;
  /** Makes a step of a case of a switch. */
  readonly inner: (node: YamlNode) => readonly PipelineStep[];
}

/** What a class (or `class.factory`) of nodestream is here. */
export type MakeStep = (context: StepContext) => readonly PipelineStep[];

/** The arguments of a step, checked. @throws ProjectFileError. */
export function argumentsOf<K extends keyof typeof stepArguments>(
  kind: K,
  { given, node }: StepContext,
): z.output<(typeof stepArguments)[K]> {
  return check(stepArguments[kind], given ?? {}, node) as z.output<(typeof stepArguments)[K]>;
}
