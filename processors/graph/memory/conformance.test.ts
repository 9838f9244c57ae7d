import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testConnector } from "datagraph/graph/testing";
import { afterAll } from "vitest";
import { connector, memoryConnector } from "./connector.ts";
import { shareGraphFile } from "./graph-file.ts";
import { MemoryGraph } from "./memory-graph.ts";

const graph = new MemoryGraph();

testConnector({
  name: "memory",
  open: () => memoryConnector(graph).open(undefined),
  clear: async () => graph.clear(),
  capabilities: { discoversKeys: true },
});

const folder = await mkdtemp(join(tmpdir(), "graph-"));
const path = join(folder, "graph.dg");

testConnector({
  name: "memory, in a file",
  open: () => connector.open(connector.parse({ path, sync: false })),
  async clear() {
    const { file, close } = await shareGraphFile({ path, sync: false });
    file.graph.clear();
    await close();
  },
  capabilities: { discoversKeys: true },
});

afterAll(() => rm(folder, { recursive: true }));
