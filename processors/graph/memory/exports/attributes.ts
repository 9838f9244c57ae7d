import type { Properties, PropertyValue } from "../../model.ts";
import { isFloat } from "../../values.ts";

/** What kind of value an attribute holds in GEXF and GraphML, which have the same names for these. */
export type AttributeType = "boolean" | "long" | "double" | "string";

/** A property of all nodes, or of all edges, that is declared before it is used. */
export interface Attribute {
  /** As in `n0`: names can be any text, ids cannot. */
  readonly id: string;
  readonly name: string;
  readonly type: AttributeType;
}

/** The attributes for the properties of some items: of one kind where all values are of it, else texts. */
export function attributesOf(
  items: Iterable<{ readonly properties: Properties }>,
  prefix: string,
): ReadonlyMap<string, Attribute> {
  const types = new Map<string, AttributeType>();
  for (const { properties } of items) {
    for (const name in properties) {
      const type = typeOf(properties[name] ?? null);
      types.set(name, widest(types.get(name), type));
    }
  }
  return new Map([...types].map(([name, type], i) => [name, { id: `${prefix}${i}`, name, type }]));
}

function typeOf(value: PropertyValue): AttributeType {
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "bigint":
      return "long";
    case "number":
      return Number.isInteger(value) ? "long" : "double";
    default:
      return isFloat(value) ? "double" : "string";
  }
}

function widest(known: AttributeType | undefined, found: AttributeType): AttributeType {
  if (known === undefined || known === found) return found;
  const isNumeric = (type: AttributeType) => type === "long" || type === "double";
  return isNumeric(known) && isNumeric(found) ? "double" : "string";
}
