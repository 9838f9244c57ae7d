import { inject } from "vitest";
import type { Neo4jAddress } from "./neo4j/provide.ts";
import { demand } from "./on-demand.ts";

export { Neo4jServer } from "./neo4j/server.ts";

/**
 * A real Neo4j with APOC for all tests of this run; it is started when the first file asks. Tests share its only database, so they take
 * labels and relationship types from `fresh()`. Call it at the top of a file, outside of tests and hooks: starting may take longer than those may.
 *
 * @example
 * const address = await sharedNeo4j();
 */
export function sharedNeo4j(): Promise<Neo4jAddress> {
  return demand<Neo4jAddress>(inject("neo4jPath"));
}
