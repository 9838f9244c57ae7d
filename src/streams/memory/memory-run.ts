import { setMaxListeners } from "node:events";
import { EncodingError, FencedError } from "../../errors.ts";
import { Alarm } from "../alarm.ts";
import type { SetAside, TaskFailures } from "../dead-letters.ts";
import { hasEnded, initialLedger, type Ledger, recordTask, taskSnapshots } from "../ledger.ts";
import { type Changes, changesBetween, eventsSoFar } from "../ledger-changes.ts";
import { apply, type Command } from "../lifecycle.ts";
import { deadlineReason } from "../overdue.ts";
import { canRestart } from "../run-record.ts";
import { RunWaits } from "../run-waits.ts";
import { checkSharing, type ShareSettings } from "../share.ts";
import type { Asker } from "../shared-input.ts";
import type {
  Claim,
  ReaderOptions,
  RunEvent,
  RunRecord,
  RunSnapshot,
  RunStore,
  StreamEnd,
  StreamReader,
  StreamWriter,
} from "../store.ts";
import { suspectsOf } from "../suspects.ts";
import { CodecWriter } from "./codec-writer.ts";
import { MemoryClaim, type SavedInMemory } from "./memory-claim.ts";
import type { MemoryDeadLetters } from "./memory-dead-letters.ts";
import { MemoryReader } from "./memory-reader.ts";
import { MemoryShare, MemorySharing } from "./memory-share.ts";
import type { MemoryStoreOptions } from "./memory-store.ts";
import { MemoryStream } from "./memory-stream.ts";
import { MemoryWriter } from "./memory-writer.ts";

/** One run in memory. */
export class MemoryRun implements RunStore {
  readonly record: RunRecord;
  /** In milliseconds since the epoch, by this process's clock. */
  readonly createdAt = Date.now();
  readonly #streams: readonly MemoryStream[];
  readonly #listeners = new Set<(event: RunEvent) => void>();
  /** Events on their way, each with those who watched when it happened. */
  readonly #untold: { readonly event: RunEvent; readonly listeners: readonly ((event: RunEvent) => void)[] }[] = [];
  #telling = false;
  readonly #waits: RunWaits;
  readonly #options: MemoryStoreOptions;
  readonly #onEnded: () => void;
  #ledger: Ledger;
  #claims = 0;
  /** The last checkpoint of each task. */
  readonly #saved = new Map<number, SavedInMemory>();
  readonly #deadLetters: MemoryDeadLetters;
  readonly #deadlines: Alarm[] = [];
  /** By task: inputs that replicas share. */
  readonly #shared = new Map<number, MemorySharing>();
  /** Per task. */
  readonly #failures: Failures[];

  /** @param onEnded called once when every task has settled. */
  constructor(record: RunRecord, options: MemoryStoreOptions, deadLetters: MemoryDeadLetters, onEnded: () => void) {
    this.record = record;
    this.#options = options;
    this.#deadLetters = deadLetters;
    this.#failures = record.tasks.map(noFailures);
    this.#onEnded = onEnded;
    this.#ledger = initialLedger(record);
    this.#waits = new RunWaits(
      record,
      (index) => this.#stream(index),
      () => this.#ledger,
      (event) => {
        for (const listener of this.#listeners) listener(event);
      },
    );
    this.#streams = record.streams.map(
      (stream) =>
        new MemoryStream(
          stream,
          stream.consumers.filter((task) => canRestart(record, task)),
        ),
    );
    if (record.deadlineMs !== undefined) this.#within(record.deadlineMs, () => this.#apply({ type: "overdue" }));
  }

  get state(): RunSnapshot["state"] {
    return this.#ledger.state;
  }

  writer(index: number, claim?: Claim): StreamWriter {
    return claim instanceof MemoryClaim
      ? claim.writer(index, () => this.#makeWriter(index, claim.token))
      : this.#makeWriter(index, claim?.token ?? "");
  }

  #makeWriter(index: number, token: string): StreamWriter {
    const { codec, maxValueBytes = DEFAULT_MAX_VALUE_BYTES } = this.#options;
    const writer = new MemoryWriter(this.#stream(index), token, {
      writerWaits: (writer) => {
        this.#waits.writerWaits(writer, index);
      },
      writerGoesOn: (writer) => {
        this.#waits.writerGoesOn(writer);
      },
      endStream: (end) => {
        this.#apply({ type: "end", stream: index, end });
      },
    });
    return codec ? new CodecWriter(writer, this.#stream(index).record.name, codec, maxValueBytes) : writer;
  }

  reader(index: number, options: ReaderOptions): StreamReader {
    return new MemoryReader(this.#stream(index), options, {
      begin: (reader) => {
        this.#waits.readerWaits(reader, index, options);
      },
      end: (reader) => {
        this.#waits.readerGoesOn(reader);
      },
    });
  }

  async claim(task: number): Promise<Claim | undefined> {
    const token = `${task}:${++this.#claims}`;
    if (!this.#apply({ type: "claim", task, token })) return undefined;
    const { outputs = [], processor = "" } = this.record.tasks[recordTask(this.#ledger, task)] ?? {};
    return new MemoryClaim(
      {
        task,
        attempt: this.#ledger.tasks[task]?.attempt ?? 1,
        token,
        lost: this.#lostWhenOverdue(task),
        failures: this.#failuresOf(task, token),
      },
      {
        stream: (index) => this.#stream(index),
        outputs,
        processor,
        restarts: canRestart(this.record, recordTask(this.#ledger, task)),
        saved: () => this.#saved.get(task),
        keep: (saved) => {
          if (this.#ledger.tasks[task]?.token !== token) throw new FencedError(`Task "${processor}"`);
          this.#saved.set(task, { ...saved, state: this.#copy(saved.state, processor) });
        },
        share: (settings, isFresh) => this.#share({ task, token }, settings, isFresh),
        suspects: suspectsOf(this.#ledger.tasks[task] ?? {}),
        hold: (values) => void this.#apply({ type: "hold", task, token, values }),
      },
    );
  }

  #share(asker: Asker, settings: ShareSettings, isFresh: boolean): MemoryShare | undefined {
    const task = recordTask(this.#ledger, asker.task);
    const { replicas, order, setsAside } = settings;
    const asked = { replicas, order, ...(setsAside && { setsAside }) };
    if (isFresh && (replicas > 1 || order === "key")) this.#apply({ type: "share", ...asker, sharing: asked });
    const sharing = this.#ledger.tasks[task]?.sharing;
    if (!sharing) return undefined;
    const { outputs = [], processor = "" } = this.record.tasks[task] ?? {};
    checkSharing(sharing, settings, processor);
    const known = this.#shared.get(task);
    if (known) return new MemoryShare(asker, settings, known);
    const token = `replicas of ${task}`;
    for (const output of outputs) this.#stream(output).owner = token;
    const shared = new MemorySharing({
      sharing,
      task,
      processor,
      input: this.#stream(settings.input),
      makeWriters: () => new Map(outputs.map((output) => [output, this.#makeWriter(output, token)])),
      isAlive: (other) => this.#ledger.tasks[other.task]?.token === other.token,
      readerWaits: (reader) => this.#waits.readerWaits(reader, settings.input, { consumer: task }),
      readerGoesOn: (reader) => this.#waits.readerGoesOn(reader),
    });
    this.#shared.set(task, shared);
    return new MemoryShare(asker, settings, shared);
  }

  /** Nothing else takes a claim away in memory. */
  #lostWhenOverdue(task: number): AbortSignal {
    const { deadlineMs } = this.record.tasks[recordTask(this.#ledger, task)] ?? {};
    if (deadlineMs === undefined) return NEVER;
    const lost = new AbortController();
    this.#within(deadlineMs, () => {
      if (this.#apply({ type: "overdue", task })) lost.abort(deadlineReason(this.record, this.#ledger, task));
    });
    return lost.signal;
  }

  #within(ms: number, otherwise: () => void): void {
    const alarm = new Alarm(otherwise);
    alarm.set(ms);
    this.#deadlines.push(alarm);
  }

  #failuresOf(replica: number, token: string): TaskFailures {
    const task = recordTask(this.#ledger, replica);
    const failures = this.#failures[task] ?? noFailures();
    return {
      setAside: async (letter: SetAside) => {
        if (this.#ledger.tasks[replica]?.token !== token) throw new FencedError(`Task ${task} of run ${this.record.id}`);
        if (failures.setAside.has(letter.index)) return;
        this.#deadLetters.add(this.record, task, letter);
        failures.setAside.add(letter.index);
      },
      known: async () => new Set(failures.setAside),
      retried: () => {
        failures.retries++;
      },
    };
  }

  /** A state is the handler's own, which goes on to change it. */
  #copy(state: unknown, processor: string): unknown {
    const { codec, maxValueBytes = DEFAULT_MAX_VALUE_BYTES } = this.#options;
    if (!codec) return cloneState(state, processor);
    const bytes = codec.encode([state]);
    if (bytes.length > maxValueBytes) throw EncodingError.stateTooLarge(processor, bytes.length, maxValueBytes);
    return codec.decode(bytes)[0];
  }

  async settle(claim: Claim, end: StreamEnd): Promise<void> {
    const alone = claim instanceof MemoryClaim && claim.isExhausted;
    this.#apply({ type: "settle", task: claim.task, token: claim.token, end, alone });
  }

  async release(claim: Claim): Promise<void> {
    if (claim instanceof MemoryClaim) claim.release();
    this.#apply({ type: "release", task: claim.task, token: claim.token });
  }

  async stop(end: StreamEnd): Promise<void> {
    this.#apply({ type: "stop", end });
  }

  async snapshot(): Promise<RunSnapshot> {
    const { state, end } = this.#ledger;
    return {
      state,
      ...(end && { end }),
      tasks: taskSnapshots(this.#ledger).map((task, index) => ({ ...task, ...countsOf(this.#failures[index]) })),
      streams: this.#streams.map((stream, index) => ({
        state: stream.end?.state ?? "open",
        values: stream.top.values,
        bytes: stream.top.bytes,
        floor: stream.floor,
        backlog: stream.consumers.backlog(stream.top.values),
        bound: stream.consumers.bound,
        waitsFor: this.#waits.waitsFor(index),
      })),
    };
  }

  waitingSince(task: number): number | undefined {
    return this.#waits.waitingSince(task);
  }

  watch(listener: (event: RunEvent) => void): () => void {
    for (const event of eventsSoFar(this.record, this.#ledger)) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends everything at once, when the store closes. */
  close(): void {
    const end: StreamEnd = { state: "cancelled", reason: "the store was closed" };
    this.#apply({ type: "stop", end });
    for (const stream of this.#streams) stream.finish(end);
    this.#stop();
  }

  #stop(): void {
    this.#waits.stop();
    for (const alarm of this.#deadlines) alarm.stop();
  }

  #apply(command: Command): boolean {
    const before = this.#ledger;
    const after = apply(this.record, before, command);
    if (!after) return false;
    this.#ledger = after;
    this.#carryOut(changesBetween(this.record, before, after, true));
    if (hasEnded(after) && !hasEnded(before)) {
      this.#stop();
      this.#onEnded();
    }
    return true;
  }

  #carryOut({ owned, ended, released, events }: Changes): void {
    for (const [stream, token] of owned) this.#stream(stream).owner = token;
    for (const [stream, end] of ended) this.#stream(stream).finish(end);
    for (const task of released) {
      for (const stream of this.record.tasks[task]?.inputs ?? []) this.#stream(stream).release(task);
    }
    for (const shared of this.#shared.values()) shared.wake();
    // Whoever begins to watch from here on is told by `watch` what has happened until now.
    const listeners = [...this.#listeners];
    this.#untold.push(...events.map((event) => ({ event, listeners })));
    this.#tell();
  }

  /** Tells events one after the other: a listener may cause more of them, which all others must hear later. */
  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#untold.shift(); next; next = this.#untold.shift()) {
        for (const listener of next.listeners) if (this.#listeners.has(listener)) listener(next.event);
      }
    } finally {
      this.#telling = false;
    }
  }

  #stream(index: number): MemoryStream {
    const stream = this.#streams[index];
    if (!stream) throw new RangeError(`Run ${this.record.id} has no stream ${index}`);
    return stream;
  }
}

function cloneState(state: unknown, processor: string): unknown {
  try {
    return structuredClone(state);
  } catch (cause) {
    throw new EncodingError(`The state in a checkpoint of processor "${processor}" is not plain data.`, { cause });
  }
}

/** What has become of the values that a task could not handle. */
interface Failures {
  /** Values, by their index, that were set aside. */
  readonly setAside: Set<number>;
  retries: number;
}

function noFailures(): Failures {
  return { setAside: new Set(), retries: 0 };
}

/** Only what has happened. */
function countsOf({ setAside, retries } = noFailures()) {
  return { ...(setAside.size > 0 && { deadLetters: setAside.size }), ...(retries > 0 && { retries }) };
}

const DEFAULT_MAX_VALUE_BYTES = 1024 * 1024;
/** Claims are never lost in memory. Every task listens all the same. */
const NEVER = new AbortController().signal;
setMaxListeners(0, NEVER);
