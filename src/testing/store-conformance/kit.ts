import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { CancelledError, FencedError } from "../../errors.ts";
import type { Claim, RunEvent, RunStore, StreamEnd, StreamReader, StreamStore, StreamWriter } from "../../streams/store.ts";
import { eventually, within } from "../eventually.ts";
import { type Wiring, wire } from "./wiring.ts";

/** What a store does not do, or does in its own way. */
export interface StoreCapabilities {
  /** Whether a stream's bytes are those of its encoded values, or an estimate. */
  readonly bytes: "exact" | "estimate";
  /** Whether every store that `makeStore` makes sees the runs of the others, as stores on one server do. */
  readonly sharedBetweenProcesses: boolean;
}

/** What the topics of the suite get. */
export interface Suite {
  readonly makeStore: () => Promise<StreamStore>;
  readonly capabilities: StoreCapabilities;
}

/** One store for the tests of a topic. Their runs are cancelled after each of them. */
export class Kit {
  readonly #makeStore: () => Promise<StreamStore>;
  readonly #runs: RunStore[] = [];
  #store: StreamStore | undefined;

  /** Call in a `describe`. */
  constructor({ makeStore }: Suite) {
    this.#makeStore = makeStore;
    beforeAll(async () => {
      this.#store = await this.#makeStore();
    });
    afterEach(async () => {
      await Promise.all(this.#runs.splice(0).map((run) => run.stop({ state: "cancelled", reason: "its test is over" })));
    });
    afterAll(async () => {
      await this.#store?.close();
    });
  }

  get store(): StreamStore {
    if (!this.#store) throw new Error("The store is there while tests run");
    return this.#store;
  }

  /** Creates a run that is cancelled after the test. */
  async create(wiring: Wiring): Promise<RunStore> {
    const { run } = await this.store.create(wire({ id: freshId(), ...wiring }));
    this.#runs.push(run);
    return run;
  }
}

/** How a stream, or a task, ends well. */
export const COMPLETED = { state: "completed" } as const;

/** All stores on a server are one, and so may several runs of the tests be. */
export function freshId(): string {
  return `conformance-${randomUUID()}`;
}

/** The index of a stream. */
export function streamIndex(run: RunStore, name: string): number {
  const index = run.record.streams.findIndex((stream) => stream.name === name);
  if (index < 0) throw new Error(`The run has no stream "${name}"`);
  return index;
}

/** The index of a task. */
export function taskIndex(run: RunStore, processor: string): number {
  const index = run.record.tasks.findIndex((task) => task.processor === processor);
  if (index < 0) throw new Error(`The run has no task "${processor}"`);
  return index;
}

export function writerOf(run: RunStore, stream: string, claim?: Claim): StreamWriter {
  return run.writer(streamIndex(run, stream), claim);
}

interface ReadAs {
  /** A processor's name. Default: the caller. */
  readonly as?: string;
  readonly from?: number;
  readonly peek?: boolean;
}

export function readerOf(run: RunStore, stream: string, { as, ...options }: ReadAs = {}): StreamReader {
  return run.reader(streamIndex(run, stream), { consumer: as === undefined ? "caller" : taskIndex(run, as), ...options });
}

/** Claims a task that is ready, or becomes ready. */
export async function claimed(run: RunStore, processor: string): Promise<Claim> {
  const task = taskIndex(run, processor);
  return eventually(async () => {
    const claim = await run.claim(task);
    if (!claim) throw new Error(`"${processor}" cannot be claimed`);
    return claim;
  });
}

/** Writes all values, at the pace of the writer's room. */
export async function writeAll(writer: StreamWriter, values: Iterable<unknown>): Promise<void> {
  for (const value of values) {
    writer.write(value);
    if (writer.full) await within(writer.room(), `room after ${JSON.stringify(value)}`);
  }
}

/** Writes values, ends the stream. */
export async function writeToEnd(writer: StreamWriter, values: Iterable<unknown>): Promise<void> {
  await writeAll(writer, values);
  await writer.end({ state: "completed" });
}

/** Writes one value after the other until the writer is full; gives how many. */
export async function writeUntilFull(writer: StreamWriter, value: unknown, most: number): Promise<number> {
  for (let count = 0; count < most; count++) {
    if (writer.full) return count;
    writer.write(value);
    await within(writer.flush(), "flush()");
  }
  return most;
}

/** Reads until the stream completes, at most `max` values at a time. Its deadline is the longest pause. */
export async function readAll(reader: StreamReader, max = 1000): Promise<unknown[]> {
  const all: unknown[] = [];
  while (await within(reader.wait(), `values or the end, after ${all.length} values`)) {
    for (let values = reader.take(max); values; values = reader.take(max)) all.push(...values);
  }
  return all;
}

/** Reads so many values and leaves the reader open; the last ones are taken, not passed. */
export async function readSome(reader: StreamReader, count: number): Promise<unknown[]> {
  const all: unknown[] = [];
  while (all.length < count) {
    const values = reader.take(count - all.length);
    if (values) all.push(...values);
    else if (!(await within(reader.wait(), `value ${all.length + 1} of ${count}`))) break;
  }
  return all;
}

/** What reading to the end throws. */
export async function readError(reader: StreamReader): Promise<unknown> {
  try {
    await readAll(reader);
  } catch (error) {
    return error;
  } finally {
    reader.close();
  }
  return undefined;
}

/** Asserts that a writer's values are refused: at once or when it asks. */
export async function expectRefused(writer: StreamWriter, value: unknown = "refused"): Promise<void> {
  let thrown: unknown;
  try {
    writer.write(value);
    await within(writer.flush(), "flush() of a writer that must be refused");
  } catch (error) {
    thrown = error;
  }
  expect(
    thrown instanceof FencedError || thrown instanceof CancelledError,
    `refused with FencedError, found: ${String(thrown)}`,
  ).toBe(true);
}

/** Every event of a run from here on, with those that are so already. */
export class EventLog {
  readonly events: RunEvent[] = [];
  readonly close: () => void;

  constructor(run: RunStore) {
    this.close = run.watch((event) => this.events.push(event));
  }

  readies(task: number): number {
    return this.events.filter((event) => event.type === "ready" && event.task === task).length;
  }

  /** The first event of a type, once it is there. */
  async first<T extends RunEvent["type"]>(type: T): Promise<Extract<RunEvent, { type: T }>> {
    return eventually(() => {
      const found = this.events.find((event): event is Extract<RunEvent, { type: T }> => event.type === type);
      if (!found) throw new Error(`No "${type}" among ${JSON.stringify(this.events)}`);
      return found;
    });
  }

  count(type: RunEvent["type"]): number {
    return this.events.filter((event) => event.type === type).length;
  }
}

/** The numbers from 0 on. */
export function numbers(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** How a task fails. */
export function failed(run: RunStore, message: string): StreamEnd {
  return { state: "failed", failure: { name: "Error", message, run: run.record.id, processor: "breaks", attempt: 1 } };
}
