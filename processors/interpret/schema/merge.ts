import { Declared } from "../declared.ts";
import type { Cardinality } from "../interpretations/declaration.ts";
import {
  type Adjacency,
  type GraphSchema,
  type PropertyType,
  propertySchema,
  propertyTypes,
  TypeBook,
  type TypeSchema,
} from "./model.ts";

/**
 * One schema of several, in the order of first sight.
 *
 * @throws SchemaConflictError when they disagree on the keys of a type.
 */
export function mergeSchemas(...schemas: readonly GraphSchema[]): GraphSchema {
  return {
    nodes: mergeTypes(
      "node",
      schemas.flatMap(({ nodes }) => nodes),
    ).types,
    relationships: mergeTypes(
      "relationship",
      schemas.flatMap(({ relationships }) => relationships),
    ).types,
    adjacencies: mergeAdjacencies(schemas.flatMap(({ adjacencies }) => adjacencies)),
  };
}

function mergeTypes(kind: "node" | "relationship", types: readonly TypeSchema[]): TypeBook {
  const book = new TypeBook(kind);
  for (const { name, properties } of types) {
    const keys = properties.filter(({ isKey }) => isKey).map((key) => key.name);
    book.see(name, keys, properties);
  }
  return book;
}

/** The same ends are joined once; `MANY` where any of them says so. */
function mergeAdjacencies(adjacencies: readonly Adjacency[]): Adjacency[] {
  const either = (first: Cardinality, second: Cardinality) => (first === "MANY" ? first : second);
  const all = new Map<string, Adjacency>();
  for (const one of adjacencies) {
    const id = adjacencyId(one);
    const known = all.get(id) ?? one;
    all.set(id, { ...known, fromMany: either(known.fromMany, one.fromMany), toMany: either(known.toMany, one.toMany) });
  }
  return [...all.values()];
}

function adjacencyId({ from, relationship, to }: Pick<Adjacency, "from" | "relationship" | "to">): string {
  return JSON.stringify([from, relationship, to]);
}

interface TypeOverride {
  readonly name: string;
  readonly properties?: Readonly<
    Record<string, { readonly type?: PropertyType; readonly isKey?: boolean; readonly isIndexed?: boolean }>
  >;
}

/** What a person knows better, as plain data. What it does not mention stays. */
export interface SchemaOverrides {
  readonly nodes?: readonly TypeOverride[];
  readonly relationships?: readonly TypeOverride[];
  readonly cardinalities?: readonly (Pick<Adjacency, "from" | "relationship" | "to"> & Partial<Adjacency>)[];
}

/**
 * A schema with overrides: of properties' types, keys and indexes, and of cardinalities. Types, properties and ends that it does not have are added.
 *
 * @throws DeclarationError for overrides that cannot be understood, with the place in them.
 */
export function overrideSchema(schema: GraphSchema, overrides: SchemaOverrides): GraphSchema {
  const declared = new Declared(overrides, "overrides").map("nodes", "relationships", "cardinalities");
  return {
    nodes: overrideTypes(mergeTypes("node", schema.nodes), declared.at("nodes")),
    relationships: overrideTypes(mergeTypes("relationship", schema.relationships), declared.at("relationships")),
    adjacencies: overrideAdjacencies(schema.adjacencies, declared.at("cardinalities")),
  };
}

function overrideTypes(book: TypeBook, declared: Declared): TypeSchema[] {
  for (const override of declared.isThere ? declared.items("a list of types") : []) {
    const type = override.map("name", "properties").at("name").text();
    book.see(type, [], []);
    if (!override.at("properties").isThere) continue;
    for (const [name, property] of override.at("properties").entries("a map of properties by name")) {
      property.map("type", "isKey", "isIndexed");
      const before = book.property(type, name) ?? propertySchema(name);
      book.replace(type, {
        name,
        type: property.at("type").oneOf(propertyTypes, before.type),
        isKey: property.at("isKey").flag(before.isKey),
        isIndexed: property.at("isIndexed").flag(before.isIndexed),
      });
    }
  }
  return book.types;
}

function overrideAdjacencies(adjacencies: readonly Adjacency[], declared: Declared): readonly Adjacency[] {
  const all = new Map(adjacencies.map((one) => [adjacencyId(one), one]));
  for (const override of declared.isThere ? declared.items("a list of cardinalities") : []) {
    override.map("from", "relationship", "to", "fromMany", "toMany");
    const ends = {
      from: override.at("from").text(),
      relationship: override.at("relationship").text(),
      to: override.at("to").text(),
    };
    const before = all.get(adjacencyId(ends));
    all.set(adjacencyId(ends), {
      ...ends,
      fromMany: override.at("fromMany").oneOf(["SINGLE", "MANY"], before?.fromMany ?? "MANY"),
      toMany: override.at("toMany").oneOf(["SINGLE", "MANY"], before?.toMany ?? "MANY"),
    });
  }
  return [...all.values()];
}
