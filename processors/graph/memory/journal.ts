import { type FileHandle, open, rm, stat } from "node:fs/promises";
import type { NodeShape, RelationshipShape } from "../connector.ts";
import { GraphFileError } from "../errors.ts";
import type { NodeOperation, RelationshipOperation, TimeToLive } from "../model.ts";
import { readFrames, writeFrame } from "./frames.ts";

/** A change that a graph went through, so that it can go through it again. */
export type JournalEntry = { readonly now: Date; readonly pipeline?: string } & (
  | { readonly kind: "nodes"; readonly shape: NodeShape; readonly operations: readonly NodeOperation[] }
  | { readonly kind: "relationships"; readonly shape: RelationshipShape; readonly operations: readonly RelationshipOperation[] }
  | { readonly kind: "expire"; readonly ttl: TimeToLive }
);

/**
 * What was changed since a graph's file was written, beside that file: appending a change takes as long as the change is large,
 * not the graph. It continues one generation of the file; of any other it says nothing.
 */
export class Journal {
  readonly #path: string;
  readonly #sync: boolean;
  #generation: string;
  #file: FileHandle | undefined;
  #bytes = 0;

  /** @param sync whether a change is on the disk, and not only with the system, once it was appended. */
  constructor(path: string, generation: string, sync: boolean) {
    this.#path = path;
    this.#generation = generation;
    this.#sync = sync;
  }

  /** How large it is. 0 when nothing was changed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The changes that were appended to this generation by whoever had the file before. One that was not appended whole is none. */
  async *entries(): AsyncGenerator<JournalEntry> {
    const size = await stat(this.#path).then(
      ({ size }) => size,
      () => 0,
    );
    if (size === 0) return;
    let continues = false;
    for await (const { values, end } of readFrames(this.#path)) {
      const [first] = values as [{ readonly generation?: string } & JournalEntry];
      if (continues) yield first;
      else if (first.generation !== this.#generation) return;
      continues = true;
      this.#bytes = end;
    }
  }

  /** @throws GraphFileError when it cannot be written. */
  async append(entry: JournalEntry): Promise<void> {
    try {
      if (!this.#file) {
        this.#file = await open(this.#path, "a");
        // What comes next must follow neither half a frame nor a journal of another generation.
        await this.#file.truncate(this.#bytes);
        if (this.#bytes === 0) this.#bytes += await writeFrame(this.#file, [{ generation: this.#generation }]);
      }
      this.#bytes += await writeFrame(this.#file, [entry]);
      if (this.#sync) await this.#file.datasync();
    } catch (cause) {
      throw new GraphFileError(this.#path, "a change could not be appended to it", { cause });
    }
  }

  /** Begins anew, once the file holds all of it. */
  async restart(generation: string): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
    this.#generation = generation;
    this.#bytes = 0;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
