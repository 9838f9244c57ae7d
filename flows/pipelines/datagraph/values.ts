import { z } from "zod";
import { normalizations as names } from "../../../processors/interpret/normalise.ts";
import { castTypes } from "../../../processors/interpret/providers/provider.ts";
import { hasExpression } from "./expressions.ts";

/** A map that has exactly one of these keys, and perhaps some of those beside them. */
export function oneKeyOf<S extends z.ZodRawShape, B extends z.ZodRawShape>(what: string, shape: S, beside: B) {
  const keys = Object.keys(shape);
  const optional = z.object(shape).partial().shape;
  return z
    .strictObject({ ...optional, ...beside })
    .refine((map) => keys.filter((key) => Object.hasOwn(map, key)).length === 1, {
      error: `expected ${what} that has exactly one of ${keys.join(", ")}`,
    })
    .meta({ oneOf: keys.map((key) => ({ required: [key] })) });
}

export const text = z.string().min(1);
export const textOrTexts = z.union([text, z.array(text)]);

export const normalizations = z
  .array(z.enum(names as [(typeof names)[number], ...(typeof names)[number][]]))
  .meta({ id: "normalization", description: "What is done to texts, in this order." });

/** Whether expressions stand where they would be taken for plain texts. */
function isPlain(value: unknown): boolean {
  if (typeof value === "string") return !hasExpression(value);
  return !Array.isArray(value) || value.every(isPlain);
}

const plainList = z
  .array(z.unknown())
  .refine(isPlain, { error: "expected a list without expressions; an expression can give a list itself: ${[name, age]}" });

/** A value, an expression, or a provider. */
export const from: z.ZodType = z
  .lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), plainList, provider]))
  .meta({
    id: "value",
    description:
      "A value that is written as it is; a text with ${…}, a JMESPath expression that looks into the record; or a provider.",
  });

const part = { data: from };

/** Where a value comes from, in the words of the functions of `datagraph/interpret`. */
export const provider: z.ZodType = z
  .lazy(() =>
    oneKeyOf(
      "a provider",
      {
        path: text,
        value: z.unknown(),
        variable: text,
        regex: z.strictObject({ pattern: text, ...part, group: z.union([z.int(), text]).optional() }),
        split: z.strictObject({ delimiter: text, ...part }),
        cast: z.strictObject({ to: z.enum(castTypes), ...part, python: z.boolean().optional() }),
        mapping: z.strictObject({ entries: z.record(z.string(), z.unknown()).optional(), name: text.optional(), key: from }),
        format: z.strictObject({ text: from, parts: z.record(z.string(), from) }),
        normalize: z.strictObject({ using: z.union([z.enum(names as [string, ...string[]]), normalizations]), ...part }),
      },
      {},
    ),
  )
  .meta({ id: "provider" });

/** Values by name, or one that is a map of them. */
export const valuesByName = z.union([z.string(), z.record(z.string(), from)]);

const pair = z.tuple([from, from]);

/** What must hold. */
export const condition: z.ZodType = z
  .lazy(() =>
    oneKeyOf(
      "a condition",
      {
        equals: pair,
        greaterThan: pair,
        lessThan: pair,
        contains: pair,
        and: z.array(condition),
        or: z.array(condition),
        not: condition,
      },
      {},
    ),
  )
  .meta({
    id: "condition",
    description: 'What must hold of a record. Comparisons are of two values: equals: ["${kind}", person].',
  });
