import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CopyOptions, copyFlow } from "datagraph/copy";
import { loadGraph, MemoryGraph, saveGraph } from "datagraph/graph/memory";
import { expect, onTestFinished, test } from "vitest";
import { figure, Scene, within } from "./kit/scene.ts";

const [NODES, KILLS, SHARD] = [4_000, 3, 100];

test.each([false, true])(
  "a copy whose workers are killed has all of the graph (nodes first: %s)",
  async (preloadNodes) => {
    const folder = await mkdtemp(join(tmpdir(), "datagraph-copy-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [source, target] = [join(folder, "source.graph"), join(folder, "target.graph")];
    const original = graphOf(NODES);
    await saveGraph(original, source);
    const options: CopyOptions = {
      from: { connector: "memory", options: { path: source } },
      to: { connector: "memory", options: { path: target } },
      ...{ shardSize: SHARD, batchSize: 20, concurrency: 2, preloadNodes },
    };
    const scene = new Scene();
    const start = () => scene.startWorker("copy-worker", options);
    let worker = await start();
    const run = await scene.supervisor.startFlow(copyFlow(options), {}, { outputs: "all" });
    let shards = 0;
    const reading = ["copy.nodes", "copy.relationships"].map(async (name) => {
      for await (const _ of run.outputs[name] ?? []) shards++;
    });
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = ((2 * NODES) / SHARD / (KILLS + 1)) * (kill + 0.5);
      await expect.poll(() => shards, { timeout: 60_000, interval: 1 }).toBeGreaterThan(enough);
      await worker.kill("SIGKILL");
      // A file of a graph is open in one process at a time.
      worker = await start();
    }
    await within(Promise.all([run.done, ...reading]), "the copy", 120_000);
    const { tasks } = await run.progress();
    const attempts = Object.values(tasks).map(({ attempt }) => attempt ?? 0);
    expect(Math.max(...attempts)).toBeGreaterThan(1);
    const copied = await loadGraph(target);
    expect(linesOf(copied)).toEqual(linesOf(original));
    figure("8", `a copy of ${NODES} nodes and ${NODES} relationships, ${KILLS} kills: the same graph`);
  },
  180_000,
);

/** A ring. */
function graphOf(count: number): MemoryGraph {
  const graph = new MemoryGraph();
  const nodes = Array.from({ length: count }, (_, id) =>
    graph.addNode(["Item", `Kind${id % 3}`], { id, name: `Zoë ${id}` }, ["id"]),
  );
  for (const [i, from] of nodes.entries()) {
    graph.addRelationship(from, "NEXT", nodes[(i + 1) % count] ?? from, { nr: i % 2, at: new Date(i) }, ["nr"]);
  }
  return graph;
}

function linesOf(graph: MemoryGraph): readonly string[] {
  const sorted = (map: object) => JSON.stringify(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [
    ...[...graph.nodes()].map(({ types, properties }) => `${[...types].sort().join(":")} ${sorted(properties)}`),
    ...[...graph.relationships()].map(
      ({ from, to, properties }) => `${from.properties.id}>${to.properties.id} ${sorted(properties)}`,
    ),
  ].sort();
}
