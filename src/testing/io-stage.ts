import { IO } from "../io/io.ts";
import { MemoryStore } from "../streams/memory/memory-store.ts";
import type { RunStore, StreamBounds, StreamReader, StreamSnapshot, StreamWriter } from "../streams/store.ts";
import { wire } from "./store-conformance/wiring.ts";

/** Streams in memory that a test writes, and reads through `IO`. */
export class IOStage {
  /** Readers that were opened and not closed yet. */
  readonly open = new Set<StreamReader>();
  readonly #names: readonly string[];
  readonly #run: RunStore;

  private constructor(names: readonly string[], run: RunStore) {
    this.#names = names;
    this.#run = run;
  }

  static async of(names: readonly string[], bounds: Partial<StreamBounds> = {}): Promise<IOStage> {
    const { run } = await new MemoryStore().create(wire({ tasks: [{ processor: "reads", inputs: names }], bounds }));
    return new IOStage(names, run);
  }

  io<Name extends string>(name: Name): IO<number, Name> {
    return new IO<number, Name>(name, (options) =>
      this.#watched(this.#run.reader(this.#index(name), { consumer: 0, ...options })),
    );
  }

  writer(name: string): StreamWriter {
    return this.#run.writer(this.#index(name));
  }

  /** Writes values and completes the stream. */
  async write(name: string, values: readonly number[]): Promise<void> {
    const writer = this.writer(name);
    writer.writeMany(values);
    await writer.end({ state: "completed" });
  }

  async fail(name: string, message: string): Promise<void> {
    await this.writer(name).end({ state: "failed", failure: { name: "Error", message, run: "run" } });
  }

  async snapshot(name: string): Promise<StreamSnapshot> {
    const found = (await this.#run.snapshot()).streams[this.#index(name)];
    if (!found) throw new RangeError(name);
    return found;
  }

  #index(name: string): number {
    return this.#names.indexOf(name);
  }

  #watched(reader: StreamReader): StreamReader {
    this.open.add(reader);
    const { open } = this;
    return {
      take: (max) => reader.take(max),
      wait: () => reader.wait(),
      get revoked() {
        return reader.revoked;
      },
      close: (reason) => {
        open.delete(reader);
        reader.close(reason);
      },
    };
  }
}
