import { isFloat, isTemporal, type PropertyValue } from "datagraph/graph";
import { loadGraph, type MemoryGraph } from "datagraph/graph/memory";
import { cypherQuery } from "datagraph/neo4j";
import type { Neo4jAddress } from "../../support/neo4j/provide.ts";

/** A graph as sorted lines, the same whatever database it comes from; stamps are left out. */
export type GraphLines = readonly string[];

/** The graph in a file. */
export async function linesOfFile(path: string): Promise<GraphLines> {
  return linesOf(await loadGraph(path));
}

export function linesOf(graph: MemoryGraph): GraphLines {
  const nodes = [...graph.nodes()].map(({ types, properties }) => nodeLine(types, properties));
  const relationships = [...graph.relationships()].map(({ type, from, to, properties }) =>
    relationshipLine(nodeLine(from.types, from.properties), type, properties, nodeLine(to.types, to.properties)),
  );
  return [...nodes, ...relationships].sort();
}

/** What of a Neo4j has labels that end with this mark, without it. */
export async function linesOfNeo4j(address: Neo4jAddress, mark: string): Promise<GraphLines> {
  const marked = "any(label IN labels(n) WHERE label ENDS WITH $mark)";
  const ask = async (query: string) => {
    const rows: Record<string, never>[] = [];
    for await (const row of cypherQuery({ ...address, query, parameters: { mark } })) rows.push(row as Record<string, never>);
    return rows;
  };
  const nodes = await ask(`MATCH (n) WHERE ${marked} RETURN labels(n) AS types, properties(n) AS properties`);
  const relationships = await ask(
    `MATCH (n)-[r]->(m) WHERE ${marked} RETURN type(r) AS type, properties(r) AS properties,
      labels(n) AS fromTypes, properties(n) AS fromProperties, labels(m) AS toTypes, properties(m) AS toProperties`,
  );
  const lines = [
    ...nodes.map(({ types, properties }) => nodeLine(types ?? [], properties ?? {})),
    ...relationships.map(({ type, properties, fromTypes, fromProperties, toTypes, toProperties }) =>
      relationshipLine(
        nodeLine(fromTypes ?? [], fromProperties ?? {}),
        type ?? "",
        properties ?? {},
        nodeLine(toTypes ?? [], toProperties ?? {}),
      ),
    ),
  ];
  return lines.map((line) => line.replaceAll(mark, "")).sort();
}

type Properties = Readonly<Record<string, PropertyValue>>;

function nodeLine(types: readonly string[], properties: Properties): string {
  return `${[...types].sort().join(":")}${mapText(properties)}`;
}

function relationshipLine(from: string, type: string, properties: Properties, to: string): string {
  return `${from} -${type}${mapText(properties)}-> ${to}`;
}

function mapText(properties: Properties): string {
  const shown = Object.entries(properties).filter(([name]) => !/^(last|was|first)_ingested_/.test(name));
  return `{${shown
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join(", ")}}`;
}

/** Kinds of numbers are told apart; long texts are cut, with their length. */
function valueText(value: PropertyValue): string {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "string" && value.length > 60) return `${JSON.stringify(value.slice(0, 10))}…${value.length}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (isFloat(value)) return `${value.float}.0`;
  if (isTemporal(value)) return value.text;
  return `[${value.map(valueText).join(", ")}]`;
}
