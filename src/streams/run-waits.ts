import { DeadlockWatch, type Party, type WaitEdge } from "./deadlock.ts";
import type { ConsumerKey, Consumers, Position } from "./flow-control.ts";
import type { Ledger } from "./ledger.ts";
import type { ReaderOptions, RunEvent, RunRecord } from "./store.ts";

/** What {@link RunWaits} must know of a run's streams; a store's own streams have it. */
export interface WaitedStream {
  readonly consumers: Consumers;
  readonly top: Position;
  readonly end: unknown;
  wakeWriters(): void;
}

/** Somebody who waits for a stream; one object for each time. */
interface Wait {
  readonly id: number;
  readonly party: Party;
  readonly stream: number;
  /** The value that a reader without a place of its own looks for, counted from 0. */
  readonly looksAt: number | undefined;
  /** By `performance.now()`. */
  readonly since: number;
  /** How the party has moved since, in streams of its own that were looked at because of this wait. */
  readonly moves: Map<number, Move>;
}

/** A wait as other processes are told of it: plain data. */
export interface ToldWait {
  readonly from: Party;
  readonly to: Party;
  readonly stream: number;
  /** Names the wait within its process. */
  readonly wait: number;
  /** Streams in which `from` goes on nevertheless. */
  readonly goesOn: readonly number[];
}

/** Where somebody was when, and the longest time between two moves. */
interface Move {
  readonly place: number | undefined;
  readonly at: number;
  readonly longestMs: number;
}

/** The readers and writers of a run that wait in this process: for the status, and to see and break deadlocks. */
export class RunWaits {
  readonly #record: RunRecord;
  readonly #stream: (index: number) => WaitedStream;
  readonly #ledger: () => Ledger;
  readonly #readers = new Map<object, Wait>();
  readonly #writers = new Map<object, Wait>();
  readonly #deadlocks: DeadlockWatch;
  readonly #grown = new Set<number>();
  /** Waits in other processes, as far as they are known. */
  distant: readonly WaitEdge[] = [];
  #waitsBegun = 0;

  /** @param onGrown told once of each stream whose bounds have grown. */
  constructor(
    record: RunRecord,
    stream: (index: number) => WaitedStream,
    ledger: () => Ledger,
    onGrown: (event: Extract<RunEvent, { type: "grown" }>) => void,
  ) {
    this.#record = record;
    this.#stream = stream;
    this.#ledger = ledger;
    this.#deadlocks = new DeadlockWatch({
      waits: () => this.#edges(),
      bound: (index) => stream(index).consumers.bound,
      grow: (index) => {
        const { consumers, top } = stream(index);
        // Bounds smaller than a value take several steps; only the last one lets anything move.
        do consumers.grow();
        while (consumers.full(top));
        stream(index).wakeWriters();
        if (this.#grown.has(index)) return;
        this.#grown.add(index);
        onGrown({ type: "grown", stream: index, bound: consumers.bound });
      },
    });
  }

  readerWaits(reader: object, stream: number, { consumer, from = 0, peek = false }: ReaderOptions): void {
    const id = ++this.#waitsBegun;
    this.#readers.set(reader, {
      id,
      party: consumer,
      stream,
      looksAt: peek ? from : undefined,
      since: performance.now(),
      moves: new Map(),
    });
    this.#deadlocks.check();
  }

  readerGoesOn(reader: object): void {
    this.#readers.delete(reader);
  }

  writerWaits(writer: object, stream: number): void {
    const id = ++this.#waitsBegun;
    this.#writers.set(writer, {
      id,
      party: this.#writerOf(stream),
      stream,
      looksAt: undefined,
      since: performance.now(),
      moves: new Map(),
    });
    this.#deadlocks.begin();
  }

  writerGoesOn(writer: object): void {
    this.#writers.delete(writer);
    this.#deadlocks.end();
  }

  /** For whom the writer of a stream waits; empty when it does not. */
  waitsFor(index: number): ConsumerKey[] {
    if (![...this.#writers.values()].some(({ stream }) => stream === index)) return [];
    const { consumers, top } = this.#stream(index);
    return consumers.blockers(top).map((blocker) => blocker.consumer);
  }

  /** Since when a task has waited for streams here, by the wait that it began last and `performance.now()`; `undefined` while it does not. */
  waitingSince(task: number): number | undefined {
    const waits = [...this.#readers.values(), ...this.#writers.values()].filter(({ party }) => party === task);
    return waits.length > 0 ? Math.max(...waits.map(({ since }) => since)) : undefined;
  }

  /** The waits in this process, for others. */
  told(): ToldWait[] {
    return this.#ownEdges().map(({ from, to, stream, wait, goesOn }) => {
      const goesOnIn = this.#streamsOf(from).filter((other) => goesOn?.(other));
      return { from, to, stream, wait: wait.id, goesOn: goesOnIn };
    });
  }

  /** What other processes have told. Nothing can grow here for their waits, but they may close a cycle. */
  hear(told: readonly (readonly [process: string, wait: ToldWait])[]): void {
    this.distant = told.map(([process, { from, to, stream, wait, goesOn }]) => {
      const goesOnIn = new Set(goesOn);
      return { from, to, stream, kind: "read", wait: `${process} ${wait}`, goesOn: (other: number) => goesOnIn.has(other) };
    });
    this.#deadlocks.check();
  }

  stop(): void {
    this.#deadlocks.stop();
  }

  #edges(): WaitEdge[] {
    const edges: WaitEdge[] = [...this.#ownEdges(), ...this.distant];
    this.#ledger().tasks.forEach((task, index) => {
      if (task.state !== "waiting") return;
      // A task that waits for complete inputs waits for their producers.
      for (const stream of this.#record.tasks[index]?.inputs ?? []) {
        if (!this.#stream(stream).end) edges.push(this.#readEdge(index, stream, task));
      }
    });
    return edges;
  }

  #ownEdges(): (WaitEdge & { readonly wait: Wait })[] {
    const edges: (WaitEdge & { readonly wait: Wait })[] = [];
    for (const wait of this.#writers.values()) {
      const { party, stream } = wait;
      const { consumers, top } = this.#stream(stream);
      const goesOn = (other: number) => this.#goesOn(wait, other);
      for (const { consumer } of consumers.blockers(top))
        edges.push({ from: party, to: consumer, stream, kind: "write", wait, goesOn });
    }
    for (const wait of this.#readers.values()) {
      if (this.#awaitsWriter(wait))
        edges.push({ ...this.#readEdge(wait.party, wait.stream, wait), goesOn: (other) => this.#goesOn(wait, other) });
    }
    return edges;
  }

  /** The streams in which a party may go on. */
  #streamsOf(party: Party): readonly number[] {
    if (typeof party === "number") {
      const { inputs = [], outputs = [] } = this.#record.tasks[party] ?? {};
      return [...inputs, ...outputs];
    }
    return this.#record.streams.flatMap(({ output }, index) =>
      (party === "caller" ? output : this.#writerOf(index) === party) ? [index] : [],
    );
  }

  #readEdge<W>(from: Party, stream: number, wait: W): WaitEdge & { readonly wait: W } {
    return { from, to: this.#writerOf(stream), stream, kind: "read", wait };
  }

  /** Whether a reader waits for what is not written yet, and not only for its arrival. */
  #awaitsWriter({ stream: index, looksAt }: Wait): boolean {
    const { end, top } = this.#stream(index);
    return !end && (looksAt === undefined || top.values <= looksAt);
  }

  /**
   * Whether a party goes on in a stream, by writing to it or passing values of it, although it waits elsewhere. It does
   * until it has been quiet for several times as long as it ever was before: then that wait may have caught up with it.
   */
  #goesOn({ party, moves }: Wait, index: number): boolean {
    const { top, consumers } = this.#stream(index);
    const place = this.#writerOf(index) === party ? top.values : isConsumer(party) ? consumers.position(party) : undefined;
    const now = performance.now();
    const known = moves.get(index);
    if (!known) {
      moves.set(index, { place, at: now, longestMs: 0 });
      return false;
    }
    if (known.place === place) return now - known.at < known.longestMs * QUIET;
    moves.set(index, { place, at: now, longestMs: Math.max(known.longestMs, now - known.at) });
    return true;
  }

  #writerOf(stream: number): Party {
    return this.#record.streams[stream]?.producer ?? `input ${stream}`;
  }
}

const QUIET = 4;

function isConsumer(party: Party): party is ConsumerKey {
  return party === "caller" || typeof party === "number";
}
