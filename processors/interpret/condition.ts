import type { Declared } from "./declared.ts";
import { compileProvider, type Surroundings } from "./providers/compile.ts";
import type { Compiled, Context } from "./providers/compiled.ts";
import { order, sameContent } from "./providers/jmespath-steps.ts";
import type { From } from "./providers/provider.ts";

const operators = ["equals", "greater_than", "less_than", "contains"] as const;
export type Operator = (typeof operators)[number];

/** What must hold, as plain data: what the functions below give. */
export type Condition =
  | { readonly type: "compare"; readonly operator: Operator; readonly left: From; readonly right: From }
  | { readonly type: "and" | "or"; readonly conditions: readonly Condition[] }
  | { readonly type: "not"; readonly condition: Condition }
  | { readonly type: "true" };

/**
 * Compares two values: `equals` by value and type; `greater_than` and `less_than` numbers, and texts (dates as ISO 8601);
 * `contains` a text in a text, or a value among the many of the left side. What cannot be compared, null too, does not hold.
 */
export function compare(left: From, operator: Operator, right: From): Condition {
  return { type: "compare", operator, left, right };
}

export function and(...conditions: readonly Condition[]): Condition {
  return { type: "and", conditions };
}

export function or(...conditions: readonly Condition[]): Condition {
  return { type: "or", conditions };
}

export function not(condition: Condition): Condition {
  return { type: "not", condition };
}

/** @throws DeclarationError with the place in the declaration. */
export function compileCondition(declared: Declared, surroundings: Surroundings): (context: Context) => boolean {
  const kind = declared.at("type").oneOf(["compare", "and", "or", "not", "true"]);
  switch (kind) {
    case "compare":
      return compileCompare(declared.map("type", "operator", "left", "right"), surroundings);
    case "and":
    case "or": {
      const list = declared.map("type", "conditions").at("conditions").items("a list of conditions");
      const all = list.map((condition) => compileCondition(condition, surroundings));
      return kind === "and"
        ? (context) => all.every((holds) => holds(context))
        : (context) => all.some((holds) => holds(context));
    }
    case "not": {
      const holds = compileCondition(declared.map("type", "condition").at("condition"), surroundings);
      return (context) => !holds(context);
    }
    default:
      declared.map("type");
      return () => true;
  }
}

function compileCompare(declared: Declared, surroundings: Surroundings): (context: Context) => boolean {
  const left = compileProvider(declared.at("left"), surroundings);
  const right = compileProvider(declared.at("right"), surroundings);
  const operator = declared.at("operator").oneOf(operators);
  if (operator === "contains") return (context) => contains(left, context, right.one(context));
  if (operator === "equals") return (context) => sameContent(left.one(context), right.one(context));
  const sign = operator === "less_than" ? -1 : 1;
  return (context) => (order(comparable(left.one(context)), comparable(right.one(context))) ?? 0) * sign > 0;
}

function comparable(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

function contains({ one, many }: Compiled, context: Context, wanted: unknown): boolean {
  const inside = one(context);
  if (typeof inside === "string" && typeof wanted === "string" && inside.includes(wanted)) return true;
  const isAmong = (values: readonly unknown[]) => values.some((value) => sameContent(value, wanted));
  return isAmong(many(context)) || (Array.isArray(inside) && isAmong(inside));
}
