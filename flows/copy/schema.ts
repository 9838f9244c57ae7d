import type { GraphSchema, TypeSchema } from "datagraph/interpret";
import type { CopySchema } from "./options.ts";

/** What to copy, as the pipelines that make it declare it: `inferSchema`, or `project.schema()`. */
export function copySchemaOf({ nodes, relationships, adjacencies }: GraphSchema): CopySchema {
  const keys = new Map(relationships.map((type) => [type.name, keysOf(type)]));
  return {
    nodes: nodes.map((type) => ({ type: type.name, keys: keysOf(type) })),
    relationships: adjacencies.map(({ relationship, from, to }) => ({
      type: relationship,
      keys: keys.get(relationship) ?? [],
      from,
      to,
    })),
  };
}

function keysOf({ properties }: TypeSchema): readonly string[] {
  return properties.flatMap(({ name, isKey }) => (isKey ? [name] : []));
}
