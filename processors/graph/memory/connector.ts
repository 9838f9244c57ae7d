import type { Connection, Connector, QueryExecutor } from "../connector.ts";
import { ConnectorOptionsError } from "../errors.ts";
import { type GraphFile, shareGraphFile } from "./graph-file.ts";
import type { MemoryGraph } from "./memory-graph.ts";
import { type MemoryHook, MemoryQueries } from "./queries.ts";
import { MemoryTypes } from "./types.ts";

/** Options of the connector `memory`. */
export interface MemoryOptions {
  /** The file in which the graph is kept. All who open it in one process share the graph. */
  readonly path: string;
  /** Whether what counts as written is on the disk, or only with the operating system, which a power cut loses. Default true. */
  readonly sync?: boolean;
}

/** The embedded graph, in a file. */
export const connector: Connector<MemoryOptions> = { alias: "memory", parse, open };

/** A connector to a graph that is at hand: for tests, and for programs that go on with it. */
export function memoryConnector(graph: MemoryGraph, hooks: Readonly<Record<string, MemoryHook>> = {}): Connector<undefined> {
  const connection: Connection = {
    concurrent: false,
    queries: new MemoryQueries(graph, hooks),
    types: new MemoryTypes(graph),
    close: async () => {},
  };
  return { alias: "memory", parse: () => undefined, open: async () => connection };
}

function parse(options: unknown): MemoryOptions {
  const found = typeof options === "object" && options !== null ? options : {};
  for (const option of Object.keys(found)) {
    if (option !== "path" && option !== "sync") {
      throw new ConnectorOptionsError("memory", option, "it is unknown; there are path and sync");
    }
  }
  const { path, sync = true }: { path?: unknown; sync?: unknown } = found;
  if (typeof path !== "string" || path === "") {
    throw new ConnectorOptionsError("memory", "path", "it must name the file in which the graph is kept");
  }
  if (typeof sync !== "boolean") throw new ConnectorOptionsError("memory", "sync", "it must be true or false");
  return { path, sync };
}

async function open({ path, sync = true }: MemoryOptions): Promise<Connection> {
  const { file, close } = await shareGraphFile({ path, sync });
  let closing: Promise<void> | undefined;
  return {
    concurrent: false,
    queries: journaled(file),
    types: new MemoryTypes(file.graph),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function journaled(file: GraphFile): QueryExecutor {
  const queries = new MemoryQueries(file.graph);
  const at = ({ now, pipeline }: { readonly now: Date; readonly pipeline?: string }) => ({
    now,
    ...(pipeline !== undefined && { pipeline }),
  });
  return {
    upsertNodes: (shape, operations, context) =>
      file.change({ kind: "nodes", shape, operations, ...at(context) }, () => queries.upsertNodes(shape, operations, context)),
    upsertRelationships: (shape, operations, context) =>
      file.change({ kind: "relationships", shape, operations, ...at(context) }, () =>
        queries.upsertRelationships(shape, operations, context),
      ),
    expire: (ttl, context) => file.change({ kind: "expire", ttl, ...at(context) }, () => queries.expire(ttl, context)),
    runHook: (hook) => queries.runHook(hook),
  };
}
