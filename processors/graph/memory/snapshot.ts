import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { GraphFileError } from "../errors.ts";
import type { Properties } from "../model.ts";
import { readFrames, writeFrame } from "./frames.ts";
import { MemoryGraph, type MemoryNode } from "./memory-graph.ts";

/** A saved graph. */
export interface Snapshot {
  readonly graph: MemoryGraph;
  /** Another one each time a file is written. A journal says which one it continues. */
  readonly generation: string;
}

/**
 * Saves a graph: beside the file first, then in its place, so that there is always a whole one.
 *
 * @throws GraphFileError with what the system said as its cause.
 */
export async function saveSnapshot({ graph, generation }: Snapshot, path: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await writeGraph(graph, generation, file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new GraphFileError(path, "it could not be saved", { cause });
  }
}

/**
 * Loads what {@link saveSnapshot} saved; `undefined` when there is no such file.
 *
 * @throws GraphFileError when it is no such file, or damaged.
 */
export async function loadSnapshot(path: string): Promise<Snapshot | undefined> {
  try {
    if (!(await exists(path))) return undefined;
    return await readGraph(path);
  } catch (cause) {
    if (cause instanceof GraphFileError) throw cause;
    throw new GraphFileError(path, "it could not be loaded", { cause });
  }
}

async function writeGraph(graph: MemoryGraph, generation: string, file: FileHandle): Promise<void> {
  const keys = { nodeKeys: [...graph.nodeKeys], relationshipKeys: [...graph.relationshipKeys] };
  const header: Header = { format: FORMAT, version: VERSION, generation, ...keys };
  await writeFrame(file, [header]);
  const positions = new Map<MemoryNode, number>();
  for (const nodes of listsOf(graph.nodes())) {
    await writeFrame(file, [
      "nodes",
      ...nodes.map((node): SavedNode => {
        positions.set(node, positions.size);
        return { types: node.types, properties: node.properties };
      }),
    ]);
  }
  for (const relationships of listsOf(graph.relationships())) {
    const saved = relationships.map(({ type, from, to, properties }): SavedRelationship => {
      return { type, from: positions.get(from) ?? -1, to: positions.get(to) ?? -1, properties };
    });
    await writeFrame(file, ["relationships", ...saved]);
  }
  await writeFrame(file, ["end", graph.order, graph.size]);
}

async function readGraph(path: string): Promise<Snapshot> {
  const graph = new MemoryGraph();
  const nodes: MemoryNode[] = [];
  let header: Header | undefined;
  for await (const { values } of readFrames(path)) {
    const [kind, ...items] = values;
    if (!header) {
      header = headerOf(kind, path);
    } else if (kind === "nodes") {
      for (const { types, properties } of items as SavedNode[]) nodes.push(graph.addNode(types, properties));
    } else if (kind === "relationships") {
      for (const { type, from, to, properties } of items as SavedRelationship[]) {
        graph.addRelationship(nodeAt(nodes, from, path), type, nodeAt(nodes, to, path), properties);
      }
    } else if (kind === "end" && items[0] === graph.order && items[1] === graph.size) {
      graph.setKeys(header);
      return { graph, generation: header.generation };
    }
  }
  throw new GraphFileError(path, header ? "it is damaged: its end is missing" : "it is not a graph that was saved here");
}

function headerOf(value: unknown, path: string): Header {
  const header = value as Partial<Header> | null;
  if (typeof header !== "object" || header?.format !== FORMAT)
    throw new GraphFileError(path, "it is not a graph that was saved here");
  if (header.version !== VERSION) {
    throw new GraphFileError(path, `it has version ${header.version} of the format; this version of Datagraph reads ${VERSION}`);
  }
  return header as Header;
}

function nodeAt(nodes: readonly MemoryNode[], position: number, path: string): MemoryNode {
  const node = nodes[position];
  if (!node) throw new GraphFileError(path, `it is damaged: a relationship ends at node ${position} of ${nodes.length}`);
  return node;
}

function* listsOf<T>(items: Iterable<T>): Generator<T[]> {
  let list: T[] = [];
  for (const item of items) {
    if (list.push(item) < ITEMS_PER_FRAME) continue;
    yield list;
    list = [];
  }
  if (list.length > 0) yield list;
}

/** So that the new name outlives a power cut. Not every system can. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    },
  );
}

interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly generation: string;
  /** The names of key parts, by type. */
  readonly nodeKeys: readonly (readonly [type: string, names: readonly string[]])[];
  readonly relationshipKeys: readonly (readonly [type: string, names: readonly string[]])[];
}

interface SavedNode {
  readonly types: readonly string[];
  readonly properties: Properties;
}

interface SavedRelationship {
  readonly type: string;
  /** The node's position in the file. */
  readonly from: number;
  readonly to: number;
  readonly properties: Properties;
}

const FORMAT = "datagraph graph";
const VERSION = 1;
const ITEMS_PER_FRAME = 256;
