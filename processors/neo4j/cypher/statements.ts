import type { EndShape, NodeShape, RelationshipShape } from "../../graph/index.ts";
import { quoteName } from "./names.ts";

/*
 * Statements that write many rows of one shape. Names of a shape become part of the text, quoted; all values are parameters:
 *   $rows    one per operation: for nodes { key, properties }, for relationships { from, to, key, properties }
 *   $stamps  properties that every row gets
 *   $now     the moment of this ingestion
 */

export interface StatementOptions {
  /** Whether what is created gets `first_ingested_at`. */
  readonly firstIngestedAt: boolean;
  /** Whether the nodes at the relationships are locked first, all of them in one order (needs APOC). */
  readonly lockFirst?: boolean;
}

/** Creates or finds the nodes, adds their additional labels, and sets their properties. */
export function nodeStatement(shape: NodeShape, { firstIngestedAt }: StatementOptions): string {
  const labels = shape.additionalTypes.map((type) => `:${quoteName(type)}`).join("");
  return lines(
    "UNWIND $rows AS row",
    shape.rule === "EAGER" ? `MERGE ${node("n", shape, "row.key")}` : matchNode("n", shape, "row.key"),
    firstIngestedAt && shape.rule === "EAGER" && "ON CREATE SET n.first_ingested_at = $now",
    `SET ${labels === "" ? "" : `n${labels}, `}n += row.properties, n += $stamps`,
  );
}

/** Creates or finds the relationships between nodes that are there, and sets their properties. */
export function relationshipStatement(shape: RelationshipShape, { firstIngestedAt, lockFirst }: StatementOptions): string {
  const pattern = `(a)-[r:${quoteName(shape.type)}${properties(shape.keys, "row.key")}]->(b)`;
  return lines(
    lockFirst && lockEnds(shape),
    "UNWIND $rows AS row",
    matchNode("a", shape.from, "row.from"),
    matchNode("b", shape.to, "row.to"),
    `${shape.rule === "CREATE" ? "CREATE" : "MERGE"} ${pattern}`,
    firstIngestedAt && (shape.rule === "CREATE" ? "SET r.first_ingested_at = $now" : "ON CREATE SET r.first_ingested_at = $now"),
    "SET r += row.properties, r += $stamps",
  );
}

function lockEnds({ from, to }: RelationshipShape): string {
  return lines(
    "CALL {",
    "UNWIND $rows AS row",
    matchNode("a", from, "row.from"),
    matchNode("b", to, "row.to"),
    "UNWIND [a, b] AS n",
    "WITH DISTINCT n ORDER BY elementId(n)",
    "WITH collect(n) AS nodes",
    "CALL apoc.lock.nodes(nodes)",
    "}",
  );
}

function matchNode(variable: string, shape: NodeShape | EndShape, key: string): string {
  if (shape.rule !== "FUZZY") return `MATCH ${node(variable, shape, key)}`;
  const tests = shape.keys.map((name) => `toStringOrNull(${variable}.${quoteName(name)}) =~ ${key}.${quoteName(name)}`);
  return `MATCH (${variable}:${quoteName(shape.type)}) WHERE ${tests.join(" AND ")}`;
}

function node(variable: string, shape: NodeShape | EndShape, key: string): string {
  return `(${variable}:${quoteName(shape.type)}${properties(shape.keys, key)})`;
}

function properties(keys: readonly string[], from: string): string {
  if (keys.length === 0) return "";
  return ` {${keys.map((name) => `${quoteName(name)}: ${from}.${quoteName(name)}`).join(", ")}}`;
}

function lines(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined).join("\n");
}
