import { type From, nodestreamNormalization } from "datagraph/interpret";
import type { PipelineStep, RecordStep } from "../steps/step.ts";
import { switchStep } from "../steps/switch.ts";
import { refuse } from "../yaml/errors.ts";
import { located } from "../yaml/located.ts";
import { child, describeNode, type YamlNode } from "../yaml/node.ts";
import { argumentsOf, type StepContext } from "./context.ts";

/** A switch whose cases are steps of any kind that handles records. */
export function makeSwitch(context: StepContext): readonly PipelineStep[] {
  const { switch_on: switchOn, normalization } = argumentsOf("switch", context);
  const { node } = context;
  const cases = child(node, "cases") ?? node;
  if (cases.kind !== "map") refuse(cases.place, `expected a map of steps by value, found ${describeNode(cases)}`);
  const branches = new Map(cases.entries.map(({ key, value }) => [key, branchOf(value, context)]));
  const otherwise = child(node, "default");
  const options = {
    normalization: located(node, () => nodestreamNormalization(normalization)),
    ...(otherwise && !isNull(otherwise) && { default: branchOf(otherwise, context) }),
  };
  return [located(node, () => switchStep(switchOn as From, branches, options))];
}

function branchOf(node: YamlNode, { inner }: StepContext): RecordStep[] {
  const nodes = node.kind === "list" ? node.items : [node];
  return nodes.flatMap((one) =>
    inner(one).map((step) => {
      return step.role === "record" ? step : refuse(one.place, `expected a step that handles records, found "${step.kind}"`);
    }),
  );
}

function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}
