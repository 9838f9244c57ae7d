import { appendFile, copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Connection,
  ConnectionError,
  connect,
  GraphFileError,
  groupNodes,
  groupRelationships,
  type NodeOperation,
  type Properties,
  type PropertyValue,
} from "datagraph/graph";
import { loadGraph, MemoryGraph, saveGraph } from "datagraph/graph/memory";
import { describe, expect, it, onTestFinished } from "vitest";

describe("saving and loading", () => {
  it("keeps every kind of value, self relationships and parallel ones", async () => {
    const path = await freshPath();
    const graph = new MemoryGraph();
    const properties: Properties = {
      text: "ünï\u0000\n🙂",
      integer: 2n ** 60n + 1n,
      float: { float: 1 },
      fraction: 0.1,
      bytes: Uint8Array.of(0, 255),
      instant: new Date(-1),
      day: { temporal: "date", text: "2024-02-29" },
      list: [1, 2n ** 60n],
      ...(JSON.parse('{"__proto__": "own"}') as Properties),
    };
    const [a, b] = [graph.addNode(["A", "B"], { id: 1, ...properties }, ["id"]), graph.addNode(["A"], { id: 2 }, ["id"])];
    graph.addRelationship(a, "SELF", a, properties, []);
    for (const role of ["x", "y"]) graph.addRelationship(a, "HAS", b, { role }, ["role"]);
    await saveGraph(graph, path);
    const loaded = await loadGraph(path);
    expect(contentOf(loaded)).toEqual(contentOf(graph));
    expect([...loaded.nodeKeys, ...loaded.relationshipKeys]).toEqual([...graph.nodeKeys, ...graph.relationshipKeys]);
    expect(loaded.findNodes("B", ["id"], { id: 1 })).toHaveLength(1);
  });

  it("keeps an empty graph, and a large one", async () => {
    const path = await freshPath();
    await saveGraph(new MemoryGraph(), path);
    expect((await loadGraph(path)).order).toBe(0);
    const graph = new MemoryGraph();
    const nodes = Array.from({ length: 3000 }, (_, id) => graph.addNode(["N"], { id, text: "x".repeat(1000) }));
    for (const [i, node] of nodes.entries()) graph.addRelationship(node, "NEXT", nodes[(i * 7) % 3000] ?? node, { i });
    await saveGraph(graph, path);
    expect(contentOf(await loadGraph(path))).toEqual(contentOf(graph));
  });

  it("refuses what is no graph, is damaged, or of another version, and names the file", async () => {
    const path = await freshPath();
    await expect(loadGraph(path)).rejects.toThrow(/there is none/);
    await writeFile(path, "just some text that somebody wrote");
    await expect(loadGraph(path)).rejects.toThrow(GraphFileError);
    await expect(open(path)).rejects.toThrow(path);
    const graph = new MemoryGraph();
    for (let id = 0; id < 1000; id++) graph.addNode(["N"], { id });
    await saveGraph(graph, path);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length - 20));
    await expect(loadGraph(path)).rejects.toThrow(/its end is missing/);
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1] = (flipped[whole.length >> 1] ?? 0) ^ 1;
    await writeFile(path, flipped);
    await expect(loadGraph(path)).rejects.toThrow(GraphFileError);
  });
});

describe("a graph in a file", () => {
  it("is there again after it was closed, and after its process was killed", async () => {
    const path = await freshPath();
    const first = await open(path);
    await write(first, "ada", "bob");
    await first.close();
    const second = await open(path);
    await write(second, "bob", "eve");
    await write(second, "ada", "eve");
    // What is on the disk is all that a killed process leaves.
    const killed = await copyOf(path);
    await second.close();
    const expected = contentOf(await loadGraph(path));
    expect(contentOf(await loadGraph(killed))).toEqual(expected);
    const recovered = await open(killed);
    await recovered.close();
    expect(contentOf(await loadGraph(killed))).toEqual(expected);
    expect((await loadGraph(killed)).size).toBe(3);
  });

  it("loses only a change that was not written whole, wherever it was torn", async () => {
    const path = await freshPath();
    const connection = await open(path);
    await write(connection, "ada", "bob");
    const before = await copyOf(path);
    const size = (await readFile(`${before}.journal`)).length;
    await write(connection, "eve", "kim");
    const after = await readFile(`${path}.journal`);
    await connection.close();
    for (const cut of [size + 1, size + 7, size + 8, size + 9, after.length - 1]) {
      await writeFile(`${before}.journal`, after);
      await truncate(`${before}.journal`, cut);
      // What was whole: nodes of the second change may be, its relationship is not.
      expect((await loadGraph(before)).size).toBe(1);
      const recovered = await open(before);
      await write(recovered, "max", "ada");
      const again = await copyOf(before);
      expect((await loadGraph(again)).size).toBe(2);
      await recovered.close();
      await rm(before);
    }
  });

  it("takes no journal for its own that continues another file", async () => {
    const path = await freshPath();
    const connection = await open(path);
    await write(connection, "ada", "bob");
    const old = await readFile(`${path}.journal`);
    await connection.close();
    await writeFile(`${path}.journal`, old);
    const visits = await open(path);
    await visits.close();
    expect((await loadGraph(path)).size).toBe(1);
  });

  it("is one graph for all who open it in a process", async () => {
    const path = await freshPath();
    const [a, b] = await Promise.all([open(path), open(path)]);
    await write(a, "ada", "bob");
    await a.close();
    await write(b, "bob", "eve");
    const [closed, reopened] = await Promise.all([b.close(), open(path)]);
    expect(closed).toBeUndefined();
    await write(reopened, "eve", "ada");
    await reopened.close();
    expect((await loadGraph(path)).size).toBe(3);
  });

  it("is refused to a second process, and taken over from one that is gone", async () => {
    const path = await freshPath();
    await writeFile(`${path}.lock`, String(process.ppid));
    await expect(open(path)).rejects.toThrow(ConnectionError);
    await expect(open(path)).rejects.toThrow(`process ${process.ppid}`);
    await writeFile(`${path}.lock`, String(2 ** 22 + 1));
    await (await open(path)).close();
    await expect(readFile(`${path}.lock`)).rejects.toThrow("ENOENT");
  });

  it("cannot be replaced while it is open", async () => {
    const path = await freshPath();
    const connection = await open(path);
    await expect(saveGraph(new MemoryGraph(), path)).rejects.toThrow(ConnectionError);
    await connection.close();
    await saveGraph(new MemoryGraph(), path);
  });

  it("ends writing when it cannot append, and says why", async () => {
    const path = await freshPath();
    const connection = await open(path);
    await rm(join(path, ".."), { recursive: true });
    await expect(write(connection, "ada", "bob")).rejects.toMatchObject({ code: "GRAPH_WRITE", kind: "database" });
    await expect(write(connection, "ada", "bob")).rejects.toMatchObject({ cause: { code: "GRAPH_FILE" } });
    await connection.close();
  });

  it("says where a folder is missing", async () => {
    const path = join(await freshPath(), "missing", "graph");
    await expect(open(path)).rejects.toThrow(ConnectionError);
  });

  it("keeps what comes after a torn journal that something was appended to", async () => {
    const path = await freshPath();
    const connection = await open(path);
    await write(connection, "ada", "bob");
    const killed = await copyOf(path);
    await connection.close();
    await appendFile(`${killed}.journal`, Buffer.alloc(100, 0xff));
    const recovered = await open(killed);
    await write(recovered, "eve", "ada");
    const again = await copyOf(killed);
    await recovered.close();
    expect((await loadGraph(again)).size).toBe(2);
  });
});

async function freshPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "graph-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "graph.dg");
}

function open(path: string): Promise<Connection> {
  return connect({ connector: "memory", options: { path, sync: false } });
}

/** One node, another, and a relationship between them, always a new one. */
async function write({ queries }: Connection, from: string, to: string): Promise<void> {
  const person = (id: string): NodeOperation => ({
    node: { type: "Person", key: { id }, properties: {}, additionalTypes: [] },
    rule: "EAGER",
    stamp: true,
  });
  const context = { now: new Date(0), signal: new AbortController().signal };
  const [nodes] = groupNodes([person(from), person(to)]);
  const relationship = { type: "MET", key: {}, properties: {} };
  const [relationships] = groupRelationships([{ from: person(from), to: person(to), relationship, rule: "CREATE", stamp: true }]);
  if (nodes) await queries.upsertNodes(nodes.shape, nodes.operations, context);
  if (relationships) await queries.upsertRelationships(relationships.shape, relationships.operations, context);
}

async function copyOf(path: string): Promise<string> {
  const copy = await freshPath();
  await copyFile(path, copy).catch(() => undefined);
  await copyFile(`${path}.journal`, `${copy}.journal`);
  return copy;
}

function contentOf(graph: MemoryGraph): unknown {
  const ids = new Map([...graph.nodes()].map((node, i) => [node, i]));
  const own = (properties: Properties): [string, PropertyValue][] => Object.entries(properties);
  return {
    nodes: [...graph.nodes()].map(({ types, properties }) => [types, own(properties)]),
    relationships: [...graph.relationships()].map(({ type, from, to, properties }) => [
      type,
      ids.get(from),
      ids.get(to),
      own(properties),
    ]),
  };
}
