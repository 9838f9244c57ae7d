import type { EndShape, NodeShape, RelationshipShape } from "../../graph/index.ts";
import { quoteName } from "./names.ts";

/*
 * Statements that write many rows of one shape. Names of a shape become part of the text, quoted; all values are parameters:
 *   $rows    one list per operation: the values of its keys in the order of the shape (of both ends, then of the relationship), then
 *            those of its properties where all rows have the same, else a map of them. Lists cost less than maps, the names of which would
 *            come with every row, and so do properties that are named one by one.
 *   $stamps  properties that every row gets
 *   $now     the moment of this ingestion
 */

export interface StatementOptions {
  /** The names of the properties in `$stamps`. Named one by one they cost the database less than as a map. */
  readonly stamps: readonly string[];
  /** The names of the properties that all rows have, and no others; absent where they differ. */
  readonly properties: readonly string[] | undefined;
  /** Whether what is created gets `first_ingested_at`. */
  readonly firstIngestedAt: boolean;
  /** Whether the nodes at the relationships are locked first, all of them in one order (needs APOC). */
  readonly lockFirst?: boolean;
}

/** Creates or finds the nodes, adds their additional labels, and sets their properties. */
export function nodeStatement(shape: NodeShape, options: StatementOptions): string {
  const { firstIngestedAt } = options;
  const { type, keys, additionalTypes, rule } = shape;
  const labels = additionalTypes.map((each) => `:${quoteName(each)}`).join("");
  return lines(
    "UNWIND $rows AS row",
    rule === "EAGER" ? `MERGE (n:${quoteName(type)}${equal(keys, 0)})` : matchNode("n", shape, 0),
    firstIngestedAt && rule === "EAGER" && "ON CREATE SET n.first_ingested_at = $now",
    `SET ${[...(labels === "" ? [] : [`n${labels}`]), ...assignments("n", keys.length, options)].join(", ")}`,
  );
}

/** Creates or finds the relationships between nodes that are there, and sets their properties. */
export function relationshipStatement(shape: RelationshipShape, options: StatementOptions): string {
  const { firstIngestedAt, lockFirst } = options;
  const { from, to, type, keys, rule } = shape;
  const first = from.keys.length + to.keys.length;
  const ends = [matchNode("a", from, 0), matchNode("b", to, from.keys.length)];
  return lines(
    lockFirst && lockEnds(ends),
    "UNWIND $rows AS row",
    ...ends,
    `${rule === "CREATE" ? "CREATE" : "MERGE"} (a)-[r:${quoteName(type)}${equal(keys, first)}]->(b)`,
    firstIngestedAt && `${rule === "CREATE" ? "" : "ON CREATE "}SET r.first_ingested_at = $now`,
    `SET ${assignments("r", first + keys.length, options).join(", ")}`,
  );
}

/** What is set on each. @param first where in a row its properties begin. */
function assignments(variable: string, first: number, { properties, stamps }: StatementOptions): readonly string[] {
  const own = properties?.map((name, i) => `${variable}.${quoteName(name)} = row[${first + i}]`) ?? [
    `${variable} += row[${first}]`,
  ];
  const all = [...own, ...stamps.map((name) => `${variable}.${quoteName(name)} = $stamps.${quoteName(name)}`)];
  // A statement must do something.
  return all.length > 0 ? all : [`${variable} += {}`];
}

function lockEnds(ends: readonly string[]): string {
  return lines(
    "CALL {",
    "UNWIND $rows AS row",
    ...ends,
    "UNWIND [a, b] AS n",
    "WITH DISTINCT n ORDER BY elementId(n)",
    "WITH collect(n) AS nodes",
    "CALL apoc.lock.nodes(nodes)",
    "}",
  );
}

/** @param first where in a row the values of the node's keys begin. */
function matchNode(variable: string, { type, keys, rule }: NodeShape | EndShape, first: number): string {
  if (rule !== "FUZZY") return `MATCH (${variable}:${quoteName(type)}${equal(keys, first)})`;
  const tests = keys.map((name, i) => `${variable}.${quoteName(name)} =~ row[${first + i}]`);
  return `MATCH (${variable}:${quoteName(type)}) WHERE ${tests.join(" AND ")}`;
}

function equal(keys: readonly string[], first: number): string {
  if (keys.length === 0) return "";
  return ` {${keys.map((name, i) => `${quoteName(name)}: row[${first + i}]`).join(", ")}}`;
}

function lines(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined).join("\n");
}
