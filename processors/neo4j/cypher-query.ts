import { ConnectorOptionsError, type Properties } from "../graph/index.ts";
import { Database } from "./database.ts";
import { toReadError } from "./errors.ts";
import { type Neo4jOptions, parseOptions } from "./options.ts";
import type { CypherValue } from "./values/from-driver.ts";

/** A query, and the database that answers it. */
export interface CypherQueryOptions
  extends Pick<Neo4jOptions, "uri" | "username" | "password" | "database" | "connectTimeoutMs"> {
  /**
   * What to ask. A query that mentions `$offset` is asked again and again, with an `$offset` that grows by `$limit`, until a page is empty (it should order its rows).
   * Any other one is asked once, and its rows are fetched as they are taken.
   */
  readonly query: string;
  readonly parameters?: Properties;
  /** How many rows are fetched at once. Default 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A row: its columns by name. Nodes and relationships are maps of their properties, paths lists of such maps. */
export type CypherRow = Readonly<Record<string, CypherValue>>;

/**
 * The rows of a Cypher query, page by page, in constant memory. Each loop over it connects and asks anew.
 *
 * @example
 * for await (const { person } of cypherQuery({ uri, password, query: "MATCH (p:Person) RETURN p AS person" })) console.log(person);
 * @throws ConnectorOptionsError at once; ConnectionError and GraphReadError when it is iterated.
 */
export function cypherQuery({
  query,
  parameters = {},
  limit = 100,
  signal,
  ...connection
}: CypherQueryOptions): AsyncIterable<CypherRow> {
  const options = parseOptions(connection);
  if (typeof query !== "string" || query.trim() === "")
    throw new ConnectorOptionsError("neo4j", "query", "expected a Cypher query, as a text");
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new ConnectorOptionsError("neo4j", "limit", `expected a whole number from 1, found ${limit}`);
  return {
    async *[Symbol.asyncIterator]() {
      const database = await Database.open(options);
      try {
        for await (const page of pages(database, { query, parameters, limit, signal })) {
          for (const row of page) yield toRow(database, row);
        }
      } catch (error) {
        signal?.throwIfAborted();
        throw toReadError(error, database.address, "a Cypher query");
      } finally {
        await database.close();
      }
    },
  };
}

type Question = Required<Pick<CypherQueryOptions, "query" | "parameters" | "limit">> & { signal: AbortSignal | undefined };

async function* pages(database: Database, { query, parameters, limit, signal }: Question) {
  const fixed = { ...database.toDriver.properties(parameters), limit: BigInt(limit) };
  if (!/\$(offset\b|`offset`)/.test(query)) {
    yield* database.stream(query, fixed, { pageSize: limit, signal });
    return;
  }
  for (let offset = 0; ; offset += limit) {
    const { records } = await database.read(query, { ...fixed, offset: BigInt(offset) }, signal);
    if (records.length === 0) return;
    yield records.map((record) => record.toObject());
  }
}

function toRow(database: Database, columns: Readonly<Record<string, unknown>>): CypherRow {
  const row: Record<string, CypherValue> = Object.create(null);
  for (const [name, value] of Object.entries(columns)) row[name] = database.fromDriver.value(value, `column "${name}"`);
  return row;
}
