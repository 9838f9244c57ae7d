import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { ConnectionError, GraphFileError, GraphWriteError } from "../errors.ts";
import { lockFile } from "./file-lock.ts";
import { Journal, type JournalEntry } from "./journal.ts";
import { MemoryGraph } from "./memory-graph.ts";
import { MemoryQueries } from "./queries.ts";
import { loadSnapshot, saveSnapshot } from "./snapshot.ts";

export interface GraphFileOptions {
  readonly path: string;
  readonly sync: boolean;
}

/**
 * A graph that lives in memory and in a file. A change is appended to a journal before it counts as made; the file itself is
 * written when the last user closes it, and when the journal has become large.
 */
export class GraphFile {
  readonly graph: MemoryGraph;
  readonly #path: string;
  readonly #journal: Journal;
  readonly #unlock: () => Promise<void>;
  /** Changes are made one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  private constructor(path: string, loaded: Loaded, unlock: () => Promise<void>) {
    this.#path = path;
    this.graph = loaded.graph;
    this.#journal = loaded.journal;
    this.#unlock = unlock;
  }

  /**
   * Opens a file, or begins one.
   *
   * @throws ConnectionError when another process has it open.
   * @throws GraphFileError when it cannot be read.
   */
  static async open({ path, sync }: GraphFileOptions): Promise<GraphFile> {
    const unlock = await lockFile(path);
    try {
      return new GraphFile(path, await load(path, sync), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Makes a change and appends it to the journal. What `make` throws was not made. */
  change<T>(entry: JournalEntry, make: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#failure !== undefined) throw this.#refusal();
      const result = await make();
      try {
        await this.#journal.append(entry);
        if (this.#journal.bytes > LARGEST_JOURNAL) await this.#save();
      } catch (error) {
        // The graph is ahead of its file now: nothing that follows may look as if it were kept.
        this.#failure = error;
        throw this.#refusal();
      }
      return result;
    });
  }

  /** Writes the file, where it is behind, and lets go of it. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      try {
        if (this.#failure === undefined && this.#journal.bytes > 0) await this.#save();
      } finally {
        await this.#journal.close();
        await this.#unlock();
      }
    });
  }

  async #save(): Promise<void> {
    const generation = randomUUID();
    await saveSnapshot({ graph: this.graph, generation }, this.#path);
    await this.#journal.restart(generation);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #refusal(): GraphWriteError {
    return new GraphWriteError("database", `The graph file ${this.#path} can no longer be written.`, { cause: this.#failure });
  }
}

interface Loaded {
  readonly graph: MemoryGraph;
  readonly journal: Journal;
  /** Whether there was a file. */
  readonly found: boolean;
}

async function load(path: string, sync: boolean): Promise<Loaded> {
  const snapshot = await loadSnapshot(path);
  const { graph, generation } = snapshot ?? { graph: new MemoryGraph(), generation: "" };
  const journal = new Journal(`${path}.journal`, generation, sync);
  const queries = new MemoryQueries(graph);
  for await (const entry of journal.entries()) await replay(queries, entry);
  return { graph, journal, found: snapshot !== undefined };
}

async function replay(queries: MemoryQueries, entry: JournalEntry): Promise<void> {
  const context = {
    now: entry.now,
    signal: NEVER,
    ...(entry.pipeline !== undefined && { pipeline: entry.pipeline }),
  };
  if (entry.kind === "nodes") await queries.upsertNodes(entry.shape, entry.operations, context);
  else if (entry.kind === "relationships") await queries.upsertRelationships(entry.shape, entry.operations, context);
  else await queries.expire(entry.ttl, context);
}

/**
 * Saves a graph to a file, in place of what is there. Somebody who reads it meanwhile has the old one or the new one.
 *
 * @throws ConnectionError when the file is open as a database.
 * @throws GraphFileError when it cannot be written.
 */
export async function saveGraph(graph: MemoryGraph, path: string): Promise<void> {
  if (openFiles.has(resolve(path))) throw new ConnectionError(`The graph file ${path} is open in this process.`);
  const unlock = await lockFile(path);
  try {
    await saveSnapshot({ graph, generation: randomUUID() }, path);
    await rm(`${path}.journal`, { force: true });
  } finally {
    await unlock();
  }
}

/**
 * Loads a graph that was saved, or that the connector `memory` keeps there. Changing it changes nothing in the file.
 *
 * @throws GraphFileError when there is none, or it is damaged.
 */
export async function loadGraph(path: string): Promise<MemoryGraph> {
  const { graph, journal, found } = await load(path, false);
  if (!found && journal.bytes === 0) throw new GraphFileError(path, "there is none");
  return graph;
}

/** A file that is open in this process, and how many use it. */
interface SharedFile {
  readonly file: Promise<GraphFile>;
  users: number;
  /** Set once the last one has left. Never rejects. */
  closing?: Promise<void>;
}

const openFiles = new Map<string, SharedFile>();

/** Opens a file, or shares the one that is open; call `close` once. */
export async function shareGraphFile(options: GraphFileOptions): Promise<{ file: GraphFile; close: () => Promise<void> }> {
  const path = resolve(options.path);
  let shared = openFiles.get(path);
  for (; shared?.closing; shared = openFiles.get(path)) await shared.closing;
  shared ??= { file: GraphFile.open({ ...options, path }), users: 0 };
  openFiles.set(path, shared);
  shared.users++;
  try {
    return { file: await shared.file, close: () => leave(path, shared) };
  } catch (error) {
    openFiles.delete(path);
    throw error;
  }
}

async function leave(path: string, shared: SharedFile): Promise<void> {
  if (--shared.users > 0) return;
  const closed = shared.file.then((file) => file.close());
  const isGone = () => {
    openFiles.delete(path);
  };
  shared.closing = closed.then(isGone, isGone);
  await closed;
}

const NEVER = new AbortController().signal;
const LARGEST_JOURNAL = 64 * 2 ** 20;
