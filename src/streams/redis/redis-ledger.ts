import { type DatagraphError, RunLostError, StoreError } from "../../errors.ts";
import { UnknownFormatError } from "../envelope.ts";
import { hasEnded, isSettled, type Ledger } from "../ledger.ts";
import { type Changes, changesBetween } from "../ledger-changes.ts";
import { ledgerFrom } from "../ledger-text.ts";
import { apply, type Command } from "../lifecycle.ts";
import type { RunRecord, StreamEnd } from "../store.ts";
import type { RunKeys } from "./keys.ts";
import { claimsOf, transitionOf } from "./ledger-commands.ts";
import type { RedisLink } from "./link.ts";
import type { EncodedChunk } from "./redis-stream.ts";
import { type RunState, runState, type StreamTops } from "./run-state.ts";
import { chunkOf, type StreamEntry } from "./stream-entry.ts";

/** What is known of a run after a step: its ledger, and how many values each of these streams has. */
export interface LedgerStep {
  readonly changes: Changes;
  readonly tops: StreamTops;
  /** Streams of which this process will be told when they get more than that. */
  readonly told: readonly number[];
  /** Chunks that came along, by stream. */
  readonly chunks: readonly (readonly [stream: number, chunk: EncodedChunk])[];
  /** Whether a command of this process made the step. */
  readonly here: boolean;
}

/** What a {@link RedisLedger} works with. */
export interface LedgerSettings {
  readonly link: RedisLink;
  readonly keys: RunKeys;
  /** Where this process is told of the run. */
  readonly channel: string;
  readonly leaseMs: number;
}

/** A chunk that comes along with a claim. */
type ClaimedChunk = readonly [stream: Buffer, ...StreamEntry];

/** The revision of a run that nothing but its record is known of. */
export const UNASKED = -1;

/**
 * A run's ledger in Redis: commands are applied here, by the shared transitions, and stored by compare-and-set on a
 * revision; claims only on their own tasks, so that they never compete (see `ledger-scripts.ts`). Commands that come while one is under way go
 * together with the next.
 */
export class RedisLedger {
  readonly #record: RunRecord;
  readonly #settings: LedgerSettings;
  readonly #onStep: (step: LedgerStep) => void;
  readonly #queue: { readonly command: Command; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  #committing = false;
  /** The commit under way. */
  #storing: Promise<boolean> | undefined;
  #ledger: Ledger;
  #revision: number;
  #lost: DatagraphError | undefined;
  #asked = 0;

  constructor(
    record: RunRecord,
    settings: LedgerSettings,
    start: { readonly ledger: Ledger; readonly revision: number },
    onStep: (step: LedgerStep) => void,
  ) {
    this.#record = record;
    this.#settings = settings;
    this.#ledger = start.ledger;
    this.#revision = start.revision;
    this.#onStep = onStep;
  }

  get current(): Ledger {
    return this.#ledger;
  }

  /** Why this process can say nothing more about the run; `undefined` while it can. */
  get lost(): DatagraphError | undefined {
    return this.#lost;
  }

  /** Whether a revision is here, or the reply to the commit under way will tell: then nobody needs to ask for it. */
  knows(revision: number): boolean {
    return revision <= this.#revision + (this.#storing ? 1 : 0);
  }

  /** How often the server was asked in a way that its reply tells all that had happened. */
  get asked(): number {
    return this.#asked;
  }

  /**
   * Takes in a transition that follows on what is known; `false` where another one lies between: that must be asked for.
   *
   * @param since the revision of the transition before.
   */
  follow(state: RunState, since: number): boolean {
    if (this.#lost || this.#storing || state.revision <= this.#revision || since > this.#revision) return false;
    this.#accept(state.revision, this.#read(state.ledger), { tops: state.tops });
    return true;
  }

  /** Settles when the command is part of the stored ledger, or changes nothing. @throws RunLostError; StoreError. */
  commit(command: Command): Promise<void> {
    if (this.#lost) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, resolve, reject });
      if (this.#committing) return;
      this.#committing = true;
      // What is asked for in one turn, as the claims of all processors of a new run, goes together.
      queueMicrotask(() => void this.#commitAll());
    });
  }

  /**
   * Asks the server for what happened elsewhere. Keeping the process alive meanwhile is up to who waits for it.
   *
   * @param readers streams whose readers here want to be told of new values; `writers`: of room.
   * @throws RunLostError; StoreError.
   */
  async sync(readers: readonly number[] = [], writers: readonly number[] = []): Promise<void> {
    if (this.#lost) throw this.#lost;
    let known = this.#revision;
    const { link, keys, channel } = this.#settings;
    const command = () => {
      known = this.#revision;
      return link.commands.dgSync(keys.run, String(known), channel, readers.join(","), writers.join(","));
    };
    const reply = await this.#ask(link.runInBackground(command));
    const state = reply && runState(reply);
    // News may be of the commit under way: its own reply tells more, the thrown errors themselves.
    if (!state || state.revision > this.#revision) await this.#storing?.catch(() => undefined);
    if (this.#lost) throw this.#lost;
    if (!state) {
      // A run that has ended is not kept for ever.
      if (hasEnded(this.#ledger)) return;
      throw this.lose();
    }
    this.#learn(state, known, { told: readers });
  }

  /**
   * @param known the revision that was known when this was asked for.
   * @throws RunLostError.
   */
  #learn({ revision, ledger, tops }: RunState, known: number, more: Partial<Pick<LedgerStep, "told" | "chunks">> = {}): void {
    if (revision < known) throw this.lose(new RunLostError(this.#record.id, "its server went back to an earlier state"));
    const isNews = ledger && revision > this.#revision;
    this.#accept(Math.max(revision, this.#revision), isNews ? this.#read(ledger) : this.#ledger, { tops, ...more });
  }

  #read(ledger: string): Ledger {
    try {
      return ledgerFrom(ledger, `Run ${this.#record.id}`);
    } catch (error) {
      throw error instanceof UnknownFormatError ? this.lose(error) : error;
    }
  }

  /** The run is gone, or cannot be reached any more: every task of it has failed, as far as this process can say. */
  lose(error: DatagraphError = new RunLostError(this.#record.id, "its keys are gone")): DatagraphError {
    const { name, message, code } = error;
    return this.leave({ state: "failed", failure: { name, message, code, run: this.#record.id }, error }, error);
  }

  /** Ends the run for this process only, once: what waits here gets `end`, and what is asked later `error`. */
  leave(end: StreamEnd, error: DatagraphError): DatagraphError {
    if (this.#lost) return this.#lost;
    this.#lost = error;
    if (!hasEnded(this.#ledger)) {
      const { tasks, ends } = this.#ledger;
      this.#accept(this.#revision, {
        state: end.state,
        end,
        stopped: tasks.flatMap((task, index) => (task.state === "running" ? [index] : [])),
        tasks: tasks.map((task) => (isSettled(task.state) ? task : { ...task, state: end.state })),
        ends: ends.map((known) => known ?? end),
      });
    }
    for (const { reject } of this.#queue.splice(0)) reject(error);
    return error;
  }

  /** What only the server knows; without it this process cannot go on with the run. */
  async #ask(asked: Promise<unknown>): Promise<string[] | null> {
    let reply: unknown;
    this.#asked++;
    try {
      reply = await asked;
    } catch (error) {
      throw error instanceof StoreError ? this.lose(error) : error;
    }
    if (this.#lost) throw this.#lost;
    return reply as string[] | null;
  }

  async #commitAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0);
      try {
        await this.#commitBatch(batch.map(({ command }) => command));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#committing = false;
  }

  async #commitBatch(commands: readonly Command[]): Promise<void> {
    // A claim that was refused is made again of what is known then, if that lets it.
    let stored = commands.every(({ type }) => type === "claim") && (await this.#until(this.#storeClaims(commands)));
    while (!stored) stored = await this.#until(this.#store(commands));
  }

  /** Who asks for the state meanwhile takes it in after what is stored here: otherwise that would seem to have come from elsewhere. */
  async #until(stored: Promise<boolean>): Promise<boolean> {
    this.#storing = stored;
    try {
      return await stored;
    } finally {
      this.#storing = undefined;
    }
  }

  /** Stores what the commands make of the ledger; `false` when another process was faster: then its revision is known. */
  async #store(commands: readonly Command[]): Promise<boolean> {
    const before = this.#ledger;
    const after = this.#applied(commands);
    if (after === before) return true;
    const known = this.#revision;
    const { streams, args } = transitionOf({ ...this.#settings, record: this.#record, before, after }, known);
    const [done, ...rest] = await this.#ofRun(() => this.#settings.link.commands.dgTransition(...args));
    if (done === 0) {
      this.#learn(runState(rest), known);
      return false;
    }
    const [revision, merged, ...tops] = rest;
    const found = new Map(streams.map((stream, k) => [stream, { values: Number(tops[k]) }]));
    this.#accept(Number(revision), merged ? this.#read(merged) : after, { tops: found, here: true });
    return true;
  }

  /** Stores claims of tasks that are what this process believes, whatever else has happened to the run; `false` as `#store`. */
  async #storeClaims(commands: readonly Command[]): Promise<boolean> {
    const before = this.#ledger;
    const after = this.#applied(commands);
    if (after === before) return true;
    const known = this.#revision;
    const { told, args } = claimsOf({ ...this.#settings, record: this.#record, before, after }, known);
    const [outcome, chunks, ...rest] = await this.#ofRun<[ClaimedChunk[]]>(() =>
      this.#settings.link.commands.dgClaimBuffer(...args),
    );
    const state = runState(rest.map(String));
    this.#learn(
      state,
      known,
      outcome === 0 ? {} : { told, chunks: chunks.map(([stream, ...entry]) => [Number(stream), chunkOf(entry)]) },
    );
    if (outcome === 1) this.#accept(state.revision + 1, this.#applied(commands));
    return outcome !== 0;
  }

  #applied(commands: readonly Command[]): Ledger {
    if (this.#lost) throw this.#lost;
    return commands.reduce((ledger, command) => apply(this.#record, ledger, command) ?? ledger, this.#ledger);
  }

  async #ofRun<First extends unknown[] = []>(script: () => Promise<unknown>): Promise<[number, ...First, ...string[]]> {
    const reply: unknown = await this.#ask(this.#settings.link.run(script));
    if (!Array.isArray(reply)) throw this.lose();
    return reply as [number, ...First, ...string[]];
  }

  #accept(
    revision: number,
    after: Ledger,
    { tops = new Map(), told = [], chunks = [], here = false }: Partial<Omit<LedgerStep, "changes">> = {},
  ): void {
    if (revision < this.#revision) return;
    const before = this.#ledger;
    this.#revision = revision;
    this.#ledger = after;
    this.#onStep({ changes: changesBetween(this.#record, before, after, here), tops, told, chunks, here });
  }
}
