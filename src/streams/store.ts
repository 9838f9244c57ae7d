import type { Failure } from "../errors.ts";
import type { RunState, TaskState } from "../flow/topology.ts";
import type { DeclarationRecord } from "../processor/declaration-record.ts";
import type { DeadLetterStore, TaskFailures } from "./dead-letters.ts";
import type { Share, ShareSettings } from "./share.ts";
import type { Suspects, Values } from "./suspects.ts";

/**
 * Where runs and their streams live. Memory and Redis are behind this port; anyone can add another store and prove it
 * with the conformance suite of `datagraph/testing`.
 */
export interface StreamStore {
  /** As in `memory` or `redis`, for messages. */
  readonly kind: string;
  /** Values that were set aside by any run. */
  readonly deadLetters: DeadLetterStore;
  /** Where processes that share the store tell each other what they implement. Absent where there is only one. */
  readonly declarations?: DeclarationBoard;
  /**
   * Creates a run with all its streams and tasks, atomically. Creating the same run again opens it: `created` is false.
   *
   * @throws RunConflictError when a run of this id exists with another wiring.
   */
  create(record: RunRecord, options?: CreateOptions): Promise<CreatedRun>;
  /**
   * Opens a run that was created in any process; `undefined` when the store does not know it (any more).
   *
   * @param record the run's, where it is at hand: then whether the run is still there may only turn out with what is done first.
   */
  open(run: string, record?: RunRecord): Promise<RunStore | undefined>;
  /** The runs that the store still knows, newest first. */
  list(): Promise<readonly RunSummary[]>;
  /** Deletes a run that has ended, with its streams, before it expires; `false` when it goes on or is unknown. */
  remove(run: string): Promise<boolean>;
  /**
   * The runs that somebody must look after because those who did have gone silent. Claims that have lapsed are taken
   * back in them, so that all there is left to do is to dispatch their ready tasks.
   */
  recover(): Promise<readonly RunStore[]>;
  /** Frees connections and timers. Runs stay where they are; in memory they end with the process. */
  close(): Promise<void>;
}

export interface CreateOptions {
  /** Who creates the run performs the tasks that are ready at once. Default false. */
  readonly claim?: boolean;
  /** Inputs that are complete, by stream, for a store that takes them along with the creation. */
  readonly inputs?: () => ReadonlyMap<number, readonly unknown[]>;
}

export interface CreatedRun {
  readonly run: RunStore;
  /** Whether this very call has created it. */
  readonly created: boolean;
  /** Tasks that were claimed along with the creation, if that was asked for and saves anything; others wait to be claimed. */
  readonly claims?: readonly Claim[];
  /** The inputs that were taken along, whose streams have ended; the others are to be written. */
  readonly taken?: readonly number[];
}

/** What workers say that they implement: for messages, not for decisions. */
export interface DeclarationBoard {
  /** Says so for a while. @param by who does. */
  announce(declarations: readonly DeclarationRecord[], by: string, forMs: number): Promise<void>;
  /** The different declarations of each of these processors, as its workers have announced them. */
  announced(processors: readonly string[]): Promise<readonly (readonly Announced[])[]>;
}

/** A declaration, with one of those who have it. */
export interface Announced {
  readonly declaration: DeclarationRecord;
  readonly by: string;
}

/** One run as this process sees it. Streams and tasks are named by their index in the record. */
export interface RunStore {
  readonly record: RunRecord;
  /**
   * The writer of a stream; a stream has one at a time. A task's writer needs its claim; a supplied input's has none.
   */
  writer(stream: number, claim?: Claim): StreamWriter;
  /** A new reader, at the first value unless `from` says otherwise. */
  reader(stream: number, options: ReaderOptions): StreamReader;
  /** Takes a task that is ready; `undefined` when another owner has it or it needs nobody any more. */
  claim(task: number): Promise<Claim | undefined>;
  /** Records how a claimed task ended, releases its inputs and ends those of its outputs that are still open. */
  settle(claim: Claim, end: StreamEnd): Promise<void>;
  /** Gives a claimed task back, for another attempt by whoever claims it next; in a run that is not durable it fails. */
  release(claim: Claim): Promise<void>;
  /** Ends the run before its time: `cancelled` drops its streams, `failed` stops what is not downstream of the failure. */
  stop(end: StreamEnd): Promise<void>;
  /** State and counts, now. */
  snapshot(): Promise<RunSnapshot>;
  /** Since when a reader or writer of a task of the record waits in this process, by `performance.now()`; `undefined` while none does. */
  waitingSince(task: number): number | undefined;
  /**
   * Calls back for everything that happens to the run from here on, in this process or another; what is true already
   * (tasks that are ready, a run that has ended) is told first. Returns the function that ends it. With `hold`, somebody
   * waits for what happens in other processes: the store's connections keep this one alive.
   */
  watch(listener: (event: RunEvent) => void, options?: { readonly hold?: boolean }): () => void;
}

/** Takes values for a stream: synchronous to accept, asynchronous to wait for room. */
export interface StreamWriter {
  /** Accepts a value. It is sent at once when the writer is idle, else with what comes while a send is in flight. */
  write(value: unknown): void;
  /** Accepts values, in order. The list belongs to the writer from then on. `bytes`: their estimated size, where it is known. */
  writeMany(values: readonly unknown[], bytes?: number): void;
  /** How many more values it takes before it is full, judging by the size of those before; 0 when it is full. */
  readonly credit: number;
  /** Whether a writer that goes on now would pass its bounds: then wait for `room()`. */
  readonly full: boolean;
  /**
   * Settles when there is room, at once where there is.
   *
   * @throws what made the writer fail: FencedError, CancelledError, EncodingError, StoreError, RunLostError.
   */
  room(): Promise<void>;
  /**
   * Settles when all that was accepted is stored.
   *
   * @throws as `room`.
   */
  flush(): Promise<void>;
  /**
   * Writes what was accepted, then the end. A stream ends exactly once: ending it again changes nothing.
   *
   * @throws as `room`.
   */
  end(end: StreamEnd): Promise<void>;
}

/** Gives a stream's values in order: synchronous where they are here, asynchronous to wait for them. */
export interface StreamReader {
  /**
   * The next values, at most `max`, of those that are here; `undefined` when none is. The list must not be changed.
   * Taking marks the values taken before as passed: only then may they be trimmed and do they give the writer room.
   *
   * @throws DecodingError; TrimmedError; CancelledError.
   */
  take(max: number): readonly unknown[] | undefined;
  /**
   * `true` when `take` has something, `false` when the stream has completed and everything was taken.
   *
   * @throws StreamFailedError; CancelledError; TrimmedError; RunLostError; StoreError.
   */
  wait(): Promise<boolean>;
  /**
   * Whether the stream was cancelled, or this reader closed with a reason: what was taken must not be handed on any more,
   * and taking again throws why.
   */
  readonly revoked: boolean;
  /**
   * Frees what this reader held. Safe at any time, also twice. With a reason, whoever waits or reads on gets it thrown;
   * without one the stream just ends for them.
   */
  close(reason?: unknown): void;
}

export interface ReaderOptions {
  /** Who reads: a task by its index, or somebody outside of the run's processors. */
  readonly consumer: number | "caller";
  /** Skip so many values. Default 0. */
  readonly from?: number;
  /** Look without attaching: the reader neither throttles the writer nor lets values be trimmed. Default false. */
  readonly peek?: boolean;
  /** What is given for values whose bytes cannot be decoded: `throw` (the default), or an `UndecodableValue` for each. */
  readonly undecodable?: "throw" | "mark";
}

/** The right to perform a task until it is settled or lost. */
export interface Claim {
  readonly task: number;
  /** 1 for the first. */
  readonly attempt: number;
  /** Names this owner to the store; later owners have later tokens, and what earlier ones write is refused. */
  readonly token: string;
  /** Aborted with a FencedError when the claim is lost. */
  readonly lost: AbortSignal;
  /**
   * Says that what this task writes follows one of its inputs, value by value and in order. So the store can note how far
   * that input is done for good, together with what came of it: a later attempt begins there, and values below may be
   * dropped. For durable runs; asked for before the task's writers are, once.
   *
   * @param input index of the stream.
   */
  follow(input: number): Following;
  /**
   * Shares an input with the task's other replicas: each value is handled by one of them. The first to ask decides how many there
   * are, and makes them; `undefined` where there is only one, because none was asked for or because an earlier attempt has
   * begun to follow the input alone. In place of `follow` and of writers.
   *
   * @throws StoreError; RunLostError; FencedError; SharingError where the replicas share it otherwise.
   */
  share(settings: ShareSettings): Promise<Share | undefined>;
  /**
   * Says that the handler came to its end by itself, not by a failure or because it was stopped.
   *
   * @throws DeterminismError when an earlier attempt has written more than this one.
   */
  finish(): void;
  /** What the last checkpoint of an earlier attempt has saved; `undefined` before any. @throws DecodingError. */
  readonly saved: Saved | undefined;
  /**
   * Saves a checkpoint together with how much is written by now, once all of that is stored. A later attempt goes on from it,
   * and values before its positions may be dropped. For durable runs, and tasks that follow no input.
   *
   * @throws FencedError when the claim is lost; EncodingError; StoreError; RunLostError; what makes a writer fail.
   */
  save(checkpoint: Saved): Promise<void>;
  /**
   * The same claim for a handler that is called again: its writers drop what those before it have written, and compare it, as
   * those of a later attempt do, and `saved` is its last checkpoint. Settles when what was written before is stored; the claim it was asked
   * of, and its writers, are not to be used any more. For durable runs and tasks that `restarts`, which follow and share no input.
   *
   * @throws what makes a writer fail.
   */
  again(): Promise<Claim>;
  /** Which values of its input may be what earlier attempts were lost over, one after the other; `undefined` where nothing points to one. */
  readonly suspects: Suspects | undefined;
  /**
   * Says which values are in hand from here on, before they are handled: should this attempt be lost with its process, the next one knows
   * of them. Without any: nothing is suspected any more. For tasks that follow their input; settles when that is stored.
   *
   * @throws RunLostError; StoreError.
   */
  hold(values: Values | undefined): Promise<void>;
  /** What becomes of values that this task cannot handle. */
  readonly failures: TaskFailures;
}

/** What a claim is, apart from what it does. */
export type ClaimParts = Pick<Claim, "task" | "attempt" | "token" | "lost" | "failures">;

/** What a handler needs to go on. */
export interface Saved {
  readonly state: unknown;
  /** How far it is in its inputs, by stream; it reads those again from their beginning that are not named. */
  readonly positions: ReadonlyMap<number, number>;
}

/** How far a task is in the input that its outputs follow. Positions count the input's values: 3 is after its third. */
export interface Following {
  /** Where this attempt begins to read. What it writes again of values that are done is dropped, output by output. */
  readonly from: number;
  /** Up to here each value must be told of by itself, as soon as what came of it is written; beyond, several at once. */
  readonly stepwiseUntil: number;
  /**
   * Where a list of values that begins at `position` must end, should it get so far; with `exact` it must not end before.
   * `undefined` where it may be of any length. An earlier attempt has written a part of what came of that very list.
   */
  listFrom(position: number): ListBounds | undefined;
  /** What is written from here on comes of the values up to this position, taken as one list. Only needed for lists. */
  emits(until: number): void;
  /** All that came of the values up to this position was handed to the writers, or was nothing. */
  reached(position: number): void;
}

/** @see Following.listFrom */
export interface ListBounds {
  readonly until: number;
  readonly exact: boolean;
}

/** How a stream, task or run ends. */
export type StreamEnd =
  | { readonly state: "completed" }
  | {
      readonly state: "failed";
      readonly failure: Failure /** The thrown error, where it is at hand. */;
      readonly error?: unknown;
    }
  | { readonly state: "cancelled"; readonly reason: string };

/** A run as it was created: plain data, the same for every process. */
export interface RunRecord {
  readonly id: string;
  /** Milliseconds since the epoch, by the starter's clock; only shown. */
  readonly createdAt: number;
  /** Who started it, for messages. */
  readonly startedBy?: string;
  readonly tasks: readonly TaskRecord[];
  readonly streams: readonly StreamRecord[];
  /** What happens to the rest of the run when a task fails. */
  readonly onError: "cancel" | "continue";
  /** How long an ended run can still be read, in milliseconds. */
  readonly keepMs: number;
  /** How long it may take, in milliseconds from its creation. */
  readonly deadlineMs?: number;
  /**
   * Whether its tasks outlive the processes that perform them: a task that is lost with its process is performed again,
   * so its inputs are kept until they are done for good ({@link Claim.follow}) or it is settled.
   */
  readonly durable: boolean;
}

export interface TaskRecord {
  readonly processor: string;
  /** Start only when every input is complete. */
  readonly wait: boolean;
  /** How long it may take, in milliseconds from its first claim. */
  readonly deadlineMs?: number;
  /**
   * Whether who performs it may begin anew where it failed ({@link Claim.again}): what that needs is kept, as it always is in a durable
   * run. Default: only there.
   */
  readonly restarts?: true;
  /** Indices of streams. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Digests of the declared schemas in the order of the streams, `null` where one cannot be compared; absent where none can. */
  readonly schemas?: { readonly inputs: readonly (string | null)[]; readonly outputs: readonly (string | null)[] };
}

export interface StreamRecord {
  readonly name: string;
  /** Index of the task that writes it; absent for a supplied input. */
  readonly producer?: number;
  /** Indices of the tasks that read it. */
  readonly consumers: readonly number[];
  /** Whether it is handed to the caller. */
  readonly output: boolean;
  readonly bounds: StreamBounds;
}

/** What bounds a stream's memory. */
export interface StreamBounds {
  /** `unread`: drop values that every consumer has passed. `all`: keep them until the run expires. */
  readonly retain: "unread" | "all";
  /** How far a writer may be ahead of its slowest attached reader, in values. */
  readonly highWaterValues: number;
  /** The same in bytes. In memory bytes are an estimate. */
  readonly highWaterBytes: number;
  /** How far a writer may be ahead of a consumer that has not started to read, in bytes. */
  readonly maxBacklogBytes: number;
}

export interface RunSummary {
  readonly id: string;
  /** When the store took it up, by the store's clock, in milliseconds since the epoch: with Redis the server's, whatever the clocks of processes say. */
  readonly createdAt: number;
  /** How long ago that was, in milliseconds; never negative. */
  readonly ageMs: number;
  /** `unknown`: a newer version of this library made it, in a format that this one cannot read. */
  readonly state: RunState | "unknown";
}

/** A run's state and counts at one moment. */
export interface RunSnapshot {
  readonly state: RunState;
  /** Why, for a run that failed or was cancelled. */
  readonly end?: StreamEnd;
  /** In the order of the record. */
  readonly tasks: readonly TaskSnapshot[];
  readonly streams: readonly StreamSnapshot[];
}

export interface TaskSnapshot {
  readonly state: TaskState;
  readonly attempt: number;
  /** Values that were set aside, and how often values were tried again; absent where none was. */
  readonly deadLetters?: number;
  readonly retries?: number;
  /** How many replicas share it; absent for one. */
  readonly replicas?: number;
}

export interface StreamSnapshot {
  readonly state: "open" | "completed" | "failed" | "cancelled";
  /** Values and bytes written so far. */
  readonly values: number;
  readonly bytes: number;
  /** Values up to here were dropped. */
  readonly floor: number;
  /** Values the slowest consumer has not passed. */
  readonly backlog: number;
  /** How far the writer may be ahead of its slowest reader, in values, as far as this process knows: more than the record says where it grew. */
  readonly bound: number;
  /** Indices of the consumers (or the caller) for which the writer waits. */
  readonly waitsFor: readonly (number | "caller")[];
}

/** What happens to a run. */
export type RunEvent =
  /**
   * A task may be claimed: its inputs allow it. `attempt` is the one to be made; `here` says that a command of this very
   * view made it so, and whoever made it so dispatches it. A replica beyond a task's first has an index after those of the
   * record, and says `of` which task it is one.
   */
  | { readonly type: "ready"; readonly task: number; readonly attempt: number; readonly here: boolean; readonly of?: number }
  /** A task that was ready has ended with its run, begun by nobody; `here` as above, and whoever ended it takes it back. */
  | { readonly type: "withdrawn"; readonly task: number; readonly attempt: number; readonly here: boolean; readonly of?: number }
  /** A task or supplied input failed, or the run was cancelled. `stopped` lists the tasks that must stop because of it. */
  | { readonly type: "stopped"; readonly end: StreamEnd; readonly tasks: readonly number[] }
  /** The bounds of a stream have grown in this process, for the first time: alone they would have blocked the run. */
  | { readonly type: "grown"; readonly stream: number; readonly bound: number }
  /** Every task has settled; nothing more will happen. */
  | { readonly type: "ended"; readonly end: StreamEnd };
