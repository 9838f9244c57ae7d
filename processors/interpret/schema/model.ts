import { DatagraphError } from "datagraph";
import type { Cardinality } from "../interpretations/declaration.ts";

const scalars = ["STRING", "BOOLEAN", "DATETIME", "INTEGER", "FLOAT"] as const;
type ScalarType = (typeof scalars)[number];
export type PropertyType = ScalarType | `LIST_OF_${ScalarType}S`;
export const propertyTypes: readonly PropertyType[] = scalars.flatMap((type) => [type, `LIST_OF_${type}S`] as const);

export interface PropertySchema {
  readonly name: string;
  readonly type: PropertyType;
  readonly isKey: boolean;
  readonly isIndexed: boolean;
}

/** A type of nodes or of relationships; its properties in the order of first sight. */
export interface TypeSchema {
  readonly name: string;
  readonly properties: readonly PropertySchema[];
}

/** Which nodes a relationship joins, and how many of them: `toMany` is `MANY` where one node at its start may have several. */
export interface Adjacency {
  readonly from: string;
  readonly relationship: string;
  readonly to: string;
  /** How many `from` nodes a `to` node may have. */
  readonly fromMany: Cardinality;
  /** How many `to` nodes a `from` node may have. */
  readonly toMany: Cardinality;
}

/** What a graph is made of, as plain data; everything in the order of first sight. */
export interface GraphSchema {
  readonly nodes: readonly TypeSchema[];
  readonly relationships: readonly TypeSchema[];
  readonly adjacencies: readonly Adjacency[];
}

/** Declarations that disagree on what identifies the nodes or relationships of a type: they would not find each other's. */
export class SchemaConflictError extends DatagraphError {
  readonly type: string;

  constructor(kind: "node" | "relationship", type: string, first: readonly string[], second: readonly string[]) {
    super(
      "SCHEMA_CONFLICT",
      `The key of ${kind} type "${type}" is declared as (${first.join(", ")}) and as (${second.join(", ")}). ` +
        "Use the same parts everywhere, or MATCH_ONLY where nodes are only looked for.",
    );
    this.type = type;
  }
}

/** What a schema is made with: types that grow with everything that is seen of them. */
export class TypeBook {
  readonly #kind: "node" | "relationship";
  readonly #types = new Map<string, Map<string, PropertySchema>>();

  constructor(kind: "node" | "relationship") {
    this.#kind = kind;
  }

  /**
   * @param keys what identifies its members; empty where this is not known here.
   * @throws SchemaConflictError
   */
  see(type: string, keys: readonly string[], properties: readonly PropertySchema[]): void {
    const known = this.#types.get(type) ?? new Map<string, PropertySchema>();
    this.#types.set(type, known);
    const before = [...known.values()].filter(({ isKey }) => isKey).map(({ name }) => name);
    if (keys.length > 0 && before.length > 0 && !sameNames(keys, before)) {
      throw new SchemaConflictError(this.#kind, type, before, keys);
    }
    for (const property of [...keys.map((name) => propertySchema(name, { isKey: true })), ...properties]) {
      known.set(property.name, combined(known.get(property.name), property));
    }
  }

  /** Puts this in the place of what is known of a property. */
  replace(type: string, property: PropertySchema): void {
    this.see(type, [], []);
    this.#types.get(type)?.set(property.name, property);
  }

  property(type: string, name: string): PropertySchema | undefined {
    return this.#types.get(type)?.get(name);
  }

  get types(): TypeSchema[] {
    return [...this.#types].map(([name, properties]) => ({ name, properties: [...properties.values()] }));
  }
}

function sameNames(first: readonly string[], second: readonly string[]): boolean {
  return first.length === second.length && first.every((name) => second.includes(name));
}

/** A type other than the usual one is more than a guess. */
function combined(first: PropertySchema | undefined, second: PropertySchema): PropertySchema {
  if (!first) return second;
  return {
    name: first.name,
    type: first.type === "STRING" ? second.type : first.type,
    isKey: first.isKey || second.isKey,
    isIndexed: first.isIndexed || second.isIndexed,
  };
}

export function propertySchema(name: string, known: Partial<PropertySchema> = {}): PropertySchema {
  return { type: "STRING", isKey: false, isIndexed: false, ...known, name };
}
