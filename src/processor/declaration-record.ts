import { DatagraphError } from "../errors.ts";
import type { AnyProcessor } from "./processor.ts";
import type { Schema } from "./schema.ts";
import { schemaDigest } from "./schema-digest.ts";

/** A declaration as plain data, to be compared with another service's. */
export interface DeclarationRecord {
  readonly processor: string;
  readonly wait: boolean;
  readonly inputs: readonly StreamSignature[];
  readonly outputs: readonly StreamSignature[];
}

/** A declared stream. */
export interface StreamSignature {
  readonly name: string;
  /** The digest of its schema, where that can be compared. */
  readonly schema?: string;
}

export function declarationRecord({ declaration, inputs, outputs }: AnyProcessor): DeclarationRecord {
  return {
    processor: declaration.name,
    wait: declaration.wait ?? false,
    inputs: [...inputs].map(signature),
    outputs: [...outputs].map(signature),
  };
}

function signature([name, schema]: [string, Schema | undefined]): StreamSignature {
  const digest = schemaDigest(schema);
  return { name, ...(digest !== undefined && { schema: digest }) };
}

/** In what two declarations of one processor differ, in words; empty where they agree. The order of streams does not matter. */
export function differencesBetween(starter: DeclarationRecord, implementer: DeclarationRecord): readonly string[] {
  return [
    ...streamDifferences("input", starter.inputs, implementer.inputs),
    ...streamDifferences("output", starter.outputs, implementer.outputs),
    ...(starter.wait === implementer.wait
      ? []
      : [`"wait" is ${starter.wait} for the starter and ${implementer.wait} for the implementer`]),
  ];
}

function streamDifferences(
  side: "input" | "output",
  starter: readonly StreamSignature[],
  implementer: readonly StreamSignature[],
): string[] {
  const there = new Map(implementer.map((stream) => [stream.name, stream]));
  const here = new Set(starter.map(({ name }) => name));
  return [
    ...starter.flatMap(({ name, schema }) => {
      const other = there.get(name);
      if (!other) return [`only the starter declares ${side} "${name}"`];
      const differ = schema !== undefined && other.schema !== undefined && isComparable(schema, other.schema);
      return differ && schema !== other.schema ? [`the schemas of ${side} "${name}" differ`] : [];
    }),
    ...implementer.flatMap(({ name }) => (here.has(name) ? [] : [`only the implementer declares ${side} "${name}"`])),
  ];
}

/** Digests begin with the library that made the schema. */
function isComparable(one: string, other: string): boolean {
  return one.split(":", 1)[0] === other.split(":", 1)[0];
}

/** Two services declare one processor differently; nothing was started, or what was started is left as it is. */
export class DeclarationMismatchError extends DatagraphError {
  readonly processor: string;
  /** Who started the run, or was about to. */
  readonly starter: string;
  /** Who implements the processor. */
  readonly implementer: string;
  readonly differences: readonly string[];

  constructor(where: { processor: string; starter: string; implementer: string }, differences: readonly string[]) {
    super(
      "DECLARATION_MISMATCH",
      `Processor "${where.processor}" is not declared the same by who starts it (${where.starter}) and who implements it ` +
        `(${where.implementer}): ${differences.join("; ")}. Let both import one declaration, or deploy both.`,
    );
    this.processor = where.processor;
    this.starter = where.starter;
    this.implementer = where.implementer;
    this.differences = differences;
  }
}
