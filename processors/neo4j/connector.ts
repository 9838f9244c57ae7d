import { type Connection, ConnectionError, type Connector } from "../graph/index.ts";
import { Database } from "./database.ts";
import { toConnectionError } from "./errors.ts";
import { type ParsedNeo4jOptions, parseOptions } from "./options.ts";
import { Neo4jTypeRetriever } from "./reading/type-retriever.ts";
import { Neo4jQueryExecutor } from "./writing/query-executor.ts";

/** Neo4j 4.4 or newer, or what speaks its protocol. Needs the package `neo4j-driver`. Options: {@link Neo4jOptions}. */
export const connector: Connector<ParsedNeo4jOptions> = {
  alias: "neo4j",
  parse: parseOptions,
  async open(options): Promise<Connection> {
    const database = await Database.open(options);
    try {
      return {
        concurrent: true,
        queries: new Neo4jQueryExecutor(database, await apocOf(database)),
        types: new Neo4jTypeRetriever(database),
        close: () => database.close(),
      };
    } catch (error) {
      await database.close();
      throw error instanceof ConnectionError ? error : toConnectionError(error, database.address);
    }
  },
};

/**
 * Whether APOC is to be used. All that is asked of it is its procedure that locks nodes, after writers have met: so where nobody insists on it, it is looked for
 * when that happens, and not by each connection.
 *
 * @throws ConnectionError when it is insisted on and not there.
 */
async function apocOf(database: Database): Promise<() => Promise<boolean>> {
  const { useApoc } = database.options;
  if (useApoc === false) return async () => false;
  let found: Promise<boolean> | undefined;
  const look = () => {
    // A database that was away is asked again.
    found ??= hasApoc(database).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  if (useApoc === undefined || (await look())) return look;
  throw new ConnectionError(
    `Neo4j at ${database.address} has no APOC procedures, but the option "useApoc" asks for them. ` +
      "Install APOC core there (https://neo4j.com/docs/apoc/current/installation/), or leave the option out.",
  );
}

async function hasApoc(database: Database): Promise<boolean> {
  const { records } = await database.read("SHOW PROCEDURES YIELD name WHERE name = 'apoc.lock.nodes' RETURN name");
  return records.length > 0;
}
