import type { Properties, PropertyValue } from "../../model.ts";
import { isFloat, isList } from "../../values.ts";
import type { MemoryGraph, MemoryNode } from "../memory-graph.ts";

/** A value of JSON. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** A value as JSON has it, where it can; integers beyond 2^53, bytes (base64) and times (ISO 8601) are texts. */
function toPlain(value: PropertyValue): Plain {
  switch (typeof value) {
    case "bigint":
      return String(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      return value === null ? null : objectToPlain(value);
    default:
      return value;
  }
}

/** Properties as JSON has them, with every name their own. */
export function toPlainProperties(properties: Properties): Readonly<Record<string, Plain>> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, toPlain(value)]));
}

/** A value as one text. */
export function toText(value: PropertyValue): string {
  const plain = toPlain(value);
  return typeof plain === "object" ? JSON.stringify(plain) : String(plain);
}

/** What a person would call a node: the values of its key, else its type. */
export function labelOf(graph: MemoryGraph, { types: [type = ""], properties }: MemoryNode): string {
  const values = (graph.nodeKeys.get(type) ?? []).flatMap((name) => {
    return Object.hasOwn(properties, name) ? [toText(properties[name] ?? null)] : [];
  });
  return values.length > 0 ? values.join(" ") : type;
}

function objectToPlain(value: Exclude<PropertyValue, null | string | number | bigint | boolean>): Plain {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (isList(value)) return value.map(toPlain);
  return isFloat(value) ? toPlain(value.float) : value.text;
}
