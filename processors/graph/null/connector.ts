import type { Connection, Connector, QueryExecutor, TypeRetriever } from "../connector.ts";
import { ConnectorOptionsError } from "../errors.ts";

/** Writes nowhere and holds nothing: a dry run. The writer still counts what it would have written. */
export const connector: Connector<NullOptions> = {
  alias: "null",
  parse(options) {
    if (options === undefined || options === null) return {};
    if (typeof options !== "object") throw new ConnectorOptionsError("null", "", "it takes no options");
    const [option] = Object.keys(options);
    if (option !== undefined) throw new ConnectorOptionsError("null", option, "it takes no options");
    return {};
  },
  open: async () => connection,
};

export type NullOptions = Readonly<Record<never, never>>;

const queries: QueryExecutor = {
  upsertNodes: async () => ({}),
  upsertRelationships: async () => ({}),
  expire: async () => ({}),
  runHook: async () => {},
};

async function* nothing(): AsyncGenerator<never> {}

const types: TypeRetriever = {
  nodes: nothing,
  relationships: nothing,
  count: async () => undefined,
  countRepeated: async () => 0,
  discover: async () => ({ nodes: [], relationships: [] }),
};

const connection: Connection = { concurrent: false, queries, types, close: async () => {} };
