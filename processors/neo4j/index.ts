/** Neo4j: the connector that writes and reads graphs there, and Cypher queries as a source. Needs the package `neo4j-driver`. */
export { connector } from "./connector.ts";
export { type CypherQueryOptions, type CypherRow, cypherQuery } from "./cypher-query.ts";
export { GraphReadError } from "./errors.ts";
export type { Neo4jOptions, ParsedNeo4jOptions } from "./options.ts";
export type { CypherValue } from "./values/from-driver.ts";
export type { Neo4jHook, RunCypher } from "./writing/hooks.ts";
