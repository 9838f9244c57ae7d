import type { DesiredIngestion, NodeOperation } from "datagraph/graph";
import {
  type Interpretation,
  type InterpreterDeclaration,
  interpreter,
  path,
  type Relationship,
  relationship,
  type SourceNode,
  sourceNode,
} from "datagraph/interpret";

export const person = (options: Partial<SourceNode> = {}) =>
  sourceNode({ nodeType: "Person", key: { id: path("id") }, ...options });
export const knows = (options: Partial<Relationship> = {}) =>
  relationship({ nodeType: "Person", relationshipType: "KNOWS", nodeKey: { id: path("friend") }, ...options });

export function run(declaration: readonly Interpretation[] | InterpreterDeclaration, record: unknown): DesiredIngestion[] {
  return interpreter("interpretations" in declaration ? declaration : { interpretations: declaration })(record);
}

export function one(interpretations: readonly Interpretation[], record: unknown): DesiredIngestion {
  const [first, ...more] = run(interpretations, record);
  if (!first || more.length > 0) throw new Error(`there is one ingestion, not ${more.length + (first ? 1 : 0)}`);
  return first;
}

/** `Type{key}{properties}:More!RULE~`, short enough for tables. */
function short({ node, rule, stamp }: NodeOperation): string {
  const more = node.additionalTypes.map((type) => `:${type}`).join("");
  return `${node.type}${text(node.key)}${text(node.properties)}${more}${rule === "EAGER" ? "" : `!${rule}`}${stamp ? "" : "~"}`;
}

function text(map: object): string {
  const entries = Object.entries(map).map(
    ([key, entry]) => `${key}:${typeof entry === "bigint" ? `${entry}n` : JSON.stringify(entry)}`,
  );
  return entries.length === 0 ? "" : `{${entries.join(",")}}`;
}

export function shortAll({ nodes, relationships }: DesiredIngestion): string[] {
  return [
    ...nodes.map(short),
    ...relationships.map(({ from, to, relationship: { type, key, properties: own }, rule, stamp }) => {
      const how = `${rule === "EAGER" ? "" : `!${rule}`}${stamp ? "" : "~"}`;
      return `${short(from)}-${type}${text(key)}${text(own)}${how}->${short(to)}`;
    }),
  ];
}
