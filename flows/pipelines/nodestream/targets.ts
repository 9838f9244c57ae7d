import type { Neo4jOptions } from "datagraph/neo4j";
import { z } from "zod";
import type { Target } from "../pipeline.ts";
import { check } from "../yaml/check.ts";
import { refuse } from "../yaml/errors.ts";
import { locateKey } from "../yaml/locate.ts";
import type { YamlNode } from "../yaml/node.ts";
import { toValue } from "../yaml/value.ts";
import { flag, neo4jArguments, number, text, whole } from "./arguments.ts";
import { optionTags } from "./tags.ts";

const targetFile = z.looseObject({
  database: text,
  batch_size: whole.min(1).nullish(),
  collect_stats: flag.nullish(),
  ingest_strategy_name: z.enum(["debounced", "immediate"]).nullish(),
  flush_concurrency: whole.min(1).nullish(),
});

const connectorFile = z.looseObject({
  ...neo4jArguments,
  use_apoc: flag.nullish(),
  chunk_size: whole.min(1).nullish(),
  connection_semaphore_limit: whole.min(0).nullish(),
  max_connection_pool_size: whole.min(1).nullish(),
  connection_timeout: number.nullish(),
  _experimental_set_first_ingested_at: flag.nullish(),
});

/** What is about how nodestream does it, and is done in another way here. */
export const ignoredOptions: readonly string[] = [
  ...["execute_chunks_in_parallel", "retries_per_chunk", "transaction_batch_size", "max_retry_attempts", "retry_factor"],
  ...["use_enterprise_features", "collect_stats"],
];

/** What stands under a target's name. @throws ProjectFileError. */
export function readTarget(name: string, node: YamlNode): Target {
  const {
    database,
    batch_size,
    collect_stats: _,
    ingest_strategy_name,
    flush_concurrency,
    ...rest
  } = check(targetFile, toValue(node, optionTags), node);
  const connector =
    database === "neo4j" ? { connector: "neo4j", options: neo4jOptions(rest, node) } : otherOptions(database, rest);
  return {
    name,
    ...connector,
    ...(typeof batch_size === "number" && { batchSize: batch_size }),
    ...(ingest_strategy_name === "immediate" && { debounce: false }),
    // nodestream's default is one.
    flushLanes: flush_concurrency ?? 1,
  };
}

function otherOptions(connector: string, options: object): Pick<Target, "connector" | "options"> {
  return { connector, ...(Object.keys(options).length > 0 && { options }) };
}

/** The options of our connector, of what nodestream calls them. What is null is not there. @throws ProjectFileError. */
export function neo4jOptions(given: unknown, node: YamlNode): Neo4jChoice {
  const found = check(connectorFile, given, node);
  const { uri, username, password, database_name, use_apoc, chunk_size, ...rest } = found;
  const {
    connection_semaphore_limit,
    max_connection_pool_size,
    connection_timeout,
    _experimental_set_first_ingested_at: firstIngestedAt,
    ...others
  } = rest;
  const unknown = Object.keys(others).find((key) => !ignoredOptions.includes(key));
  if (unknown !== undefined) {
    refuse(
      locateKey(node, [], unknown),
      `the option "${unknown}" of nodestream's Neo4j connector (or of its driver) is not supported`,
    );
  }
  const most = connection_semaphore_limit || max_connection_pool_size;
  return {
    uri,
    ...(username && { username }),
    ...(password && { password }),
    ...(database_name && { database: database_name }),
    // True is the default there: APOC is used where it is.
    ...(use_apoc === false && { useApoc: false }),
    ...(chunk_size && { chunkSize: chunk_size }),
    ...(most && { maxConnections: most }),
    ...(typeof connection_timeout === "number" && { connectTimeoutMs: Math.ceil(connection_timeout * 1000) }),
    ...(firstIngestedAt && { firstIngestedAt }),
  };
}

/** The options of our connector that nodestream has as well. */
export type Neo4jChoice = Pick<
  Neo4jOptions,
  | "uri"
  | "username"
  | "password"
  | "database"
  | "useApoc"
  | "chunkSize"
  | "maxConnections"
  | "connectTimeoutMs"
  | "firstIngestedAt"
>;
