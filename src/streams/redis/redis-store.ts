import { randomUUID } from "node:crypto";
import { SupervisorStateError } from "../../errors.ts";
import type { Log } from "../../processor/implementation.ts";
import type { Codec } from "../codecs/codec.ts";
import { msgpackCodec } from "../codecs/index.ts";
import { type DeadLetterLimits, deadLetterLimits } from "../dead-letters.ts";
import { fromEnvelope, UnknownFormatError } from "../envelope.ts";
import { initialLedger } from "../ledger.ts";
import { ledgerFrom } from "../ledger-text.ts";
import { assertSameRun } from "../run-record.ts";
import type { CreatedRun, CreateOptions, DeclarationBoard, RunRecord, RunStore, RunSummary, StreamStore } from "../store.ts";
import { Announcements } from "./announcements.ts";
import { channelOf, keysOf, type RunKeys, runOf } from "./keys.ts";
import { RedisLink } from "./link.ts";
import { addressed } from "./news.ts";
import type { RedisOptions } from "./options.ts";
import { RedisDeadLetters } from "./redis-dead-letters.ts";
import { UNASKED } from "./redis-ledger.ts";
import { RedisRun, type RunStart } from "./redis-run.ts";
import { RunChecks } from "./run-checks.ts";
import { type Creation, creationOf } from "./run-creation.ts";
import { RunIndex } from "./run-index.ts";
import { runState } from "./run-state.ts";
import { summaryOf } from "./run-summary.ts";

/** @see SupervisorOptions */
export interface RedisStoreOptions extends RedisOptions {
  /** How long a process that says nothing is still believed to live, in milliseconds. Default ten seconds. */
  readonly leaseMs?: number;
  readonly codec?: Codec;
  readonly maxValueBytes?: number;
  /** Whether runs are to outlive processes: then the server should keep them on disk. */
  readonly durable?: boolean;
  /** How many dead letters are kept, and for how long. */
  readonly deadLetters?: DeadLetterLimits;
  readonly log: Log;
}

const DEFAULT_MAX_VALUE_BYTES = 1024 * 1024;
const ABANDONED_MS = 60 * 60_000;
const DEFAULT_LEASE_MS = 10_000;
/** How many runs one look at the index takes at most. */
const DUE_AT_ONCE = 32;
/** How often what waits is checked against the server. */
const CHECK_MS = 2_000;
/** How often keys and positions are kept from lapsing, as a part of the lease. */
const REFRESHES_PER_LEASE = 3;

/** Connects to Redis or Valkey. @throws StoreError when it cannot be reached or used. */
export async function connectRedisStore(options: RedisStoreOptions): Promise<StreamStore> {
  const store = new RedisStore(await RedisLink.open(options, options), options);
  await store.listen();
  return store;
}

/** A run that is being created or opened. */
interface AwaitedRun {
  /** Never rejects. */
  readonly settled: Promise<undefined>;
  /** News of it have overtaken the reply. */
  missed: boolean;
}

/** Runs and streams in Redis, shared by every process that connects to it. */
class RedisStore implements StreamStore {
  readonly kind = "redis";
  readonly deadLetters: RedisDeadLetters;
  readonly declarations: DeclarationBoard;
  readonly #link: RedisLink;
  readonly #index: RunIndex;
  readonly #prefix: string;
  readonly #codec: Codec;
  readonly #maxValueBytes: number;
  readonly #process = randomUUID();
  readonly #runs = new Map<string, RedisRun>();
  /** Runs that this process follows as soon as the server has replied. */
  readonly #awaited = new Map<string, AwaitedRun>();
  readonly #checks = new RunChecks(this.#runs);
  readonly #leaseMs: number;
  readonly #deadLetterLimits: Required<DeadLetterLimits>;
  readonly #timers: readonly NodeJS.Timeout[];
  #closed = false;

  constructor(link: RedisLink, options: RedisStoreOptions) {
    const {
      prefix = "dg:",
      codec = msgpackCodec(),
      maxValueBytes = DEFAULT_MAX_VALUE_BYTES,
      leaseMs = DEFAULT_LEASE_MS,
    } = options;
    this.#index = new RunIndex(link, prefix, ABANDONED_MS);
    this.declarations = new Announcements(link, prefix);
    this.#link = link;
    this.#prefix = prefix;
    this.#codec = codec;
    this.#maxValueBytes = maxValueBytes;
    this.#leaseMs = leaseMs;
    this.#deadLetterLimits = deadLetterLimits(options.deadLetters);
    this.deadLetters = new RedisDeadLetters({ link, prefix, codec });
    this.#timers = [
      setInterval(() => {
        this.#checks.check(this.#link.checkNotifications());
      }, CHECK_MS).unref(),
      setInterval(() => {
        this.#keepAlive().catch(() => undefined);
      }, leaseMs / REFRESHES_PER_LEASE).unref(),
    ];
    link.onReturn(() => {
      for (const run of this.#runs.values()) run.syncInBackground().catch(() => undefined);
    });
  }

  /** Where there is one server, it tells of all runs in one channel; else in one of each run. */
  async listen(): Promise<void> {
    if (!this.#link.isCluster) await this.#link.subscribe(channelOf(this.#prefix, this.#process), this.#onMessage);
  }

  async create(record: RunRecord, options: CreateOptions = {}): Promise<CreatedRun> {
    this.#checkOpen();
    return this.#awaiting(record.id, this.#create(record, options));
  }

  async #create(record: RunRecord, options: CreateOptions): Promise<CreatedRun> {
    const keys = keysOf(this.#prefix, record.id);
    const creation = creationOf(record, options, {
      keys,
      channel: this.#channelOf(keys),
      codec: this.#codec,
      maxValueBytes: this.#maxValueBytes,
      leaseMs: this.#leaseMs,
      abandonedMs: ABANDONED_MS,
    });
    const began = performance.now();
    const [, , reply] = await Promise.all([
      // The index first: should this process die after the next command, somebody will look.
      this.#index.putOff([record.id], this.#attentionMs),
      this.#index.add([record]),
      this.#link.run(() => this.#link.commands.dgCreate(...creation.args)),
    ]);
    // Who has looked meanwhile has found no run, and forgotten it.
    if (performance.now() - began > this.#attentionMs / 2) await this.#index.putOff([record.id], this.#attentionMs);
    if (Array.isArray(reply)) return this.#created(record, creation, reply as string[]);
    const run = this.#register(this.#make(record, creation.start, supplierOf(creation)), true);
    if (record.deadlineMs !== undefined) run.lookAfterIn(record.deadlineMs);
    return withHold(run, creation);
  }

  /** A run of this id is there: another call's, or this one's, whose first reply was lost. */
  async #created(record: RunRecord, creation: Creation, reply: readonly string[]): Promise<CreatedRun> {
    const [known = "", revision = "0", current = "", createdBy] = reply;
    const existing = fromEnvelope<RunRecord>(known, `Run ${record.id}`);
    assertSameRun(existing, record);
    const isMine = createdBy === creation.creator;
    const start = { ledger: ledgerFrom(current, `Run ${record.id}`), revision: Number(revision) };
    const run = this.#runs.get(record.id) ?? this.#register(this.#make(existing, start, isMine ? supplierOf(creation) : {}));
    await run.sync();
    return isMine ? withHold(run, creation) : { run, created: false };
  }

  async open(id: string, record?: RunRecord): Promise<RunStore | undefined> {
    this.#checkOpen();
    // A run that is being created here may have a task here already: both are to have the same one.
    await this.#awaited.get(id)?.settled;
    const known = this.#runs.get(id);
    if (known) return known;
    if (record) return this.#register(this.#make(record, { ledger: initialLedger(record), revision: UNASKED }));
    return this.#awaiting(id, this.#openUnknown(id));
  }

  async #openUnknown(id: string): Promise<RedisRun | undefined> {
    const found = await this.#read(id);
    return found && (this.#runs.get(id) ?? this.#register(found));
  }

  /** A run as the server knows it. */
  async #read(id: string): Promise<RedisRun | undefined> {
    const keys = keysOf(this.#prefix, id);
    const reply = (await this.#link.run(() => this.#link.commands.dgOpen(keys.run, this.#channelOf(keys)))) as string[] | null;
    if (!reply) return undefined;
    const [record = "", ...rest] = reply;
    const { revision, ledger, tops } = runState(rest);
    const what = `Run ${id}`;
    return this.#make(fromEnvelope<RunRecord>(record, what), { ledger: ledgerFrom(ledger, what), revision, tops });
  }

  /** The same; `null` where only a newer version can read it. */
  #readIfKnown(id: string): Promise<RedisRun | undefined | null> {
    return this.#read(id).catch((error: unknown) => {
      if (error instanceof UnknownFormatError) return null;
      throw error;
    });
  }

  async list(): Promise<readonly RunSummary[]> {
    this.#checkOpen();
    const ids = await this.#index.all();
    const { commands } = this.#link;
    const [found, [seconds]] = await this.#link.run(() =>
      Promise.all([
        Promise.all(ids.map((id) => commands.hmget(keysOf(this.#prefix, id).run, "record", "ledger", "at"))),
        commands.time(),
      ]),
    );
    const now = Number(seconds) * 1_000;
    await this.#index.remove(ids.filter((_, i) => !found[i]?.[0]));
    return found
      .flatMap(([record, ledger, at], i) =>
        record && ledger ? [summaryOf({ id: ids[i] ?? "", record, ledger, createdAt: Number(at) }, now)] : [],
      )
      .sort((a, b) => b.createdAt - a.createdAt);
  }

  async remove(id: string): Promise<boolean> {
    this.#checkOpen();
    const run = await this.#readIfKnown(id);
    if (!run?.ended) return false;
    const { run: hash, stream } = keysOf(this.#prefix, id);
    const keys = [hash, ...run.record.streams.map((_, index) => stream(index))];
    await this.#link.run(() => this.#link.commands.unlink(...keys));
    await this.#index.remove([id]);
    return true;
  }

  async recover(): Promise<readonly RunStore[]> {
    this.#checkOpen();
    if (this.#link.stableForMs < this.#leaseMs) return [];
    const found: RunStore[] = [];
    // A process that dies may leave many runs behind: not only the first few are looked after now.
    for (let due = DUE_AT_ONCE; due === DUE_AT_ONCE && !this.#closed; ) {
      const ids = await this.#index.due(this.#attentionMs, DUE_AT_ONCE);
      due = ids.length;
      found.push(...(await Promise.all(ids.map((id) => this.#lookAfter(id)))).flat());
    }
    return found;
  }

  /** The run, if it still goes on. */
  async #lookAfter(id: string): Promise<RunStore[]> {
    const run = this.#runs.get(id) ?? (await this.#readIfKnown(id));
    if (run === null) return [];
    if (run && !run.ended) await run.lookAfter();
    if (run && !run.ended) return [run];
    await this.#index.done(id);
    return [];
  }

  /** So long somebody else has no need to look after a run. A little more than the leases in it, so that they lapse first. */
  get #attentionMs(): number {
    return 1.1 * this.#leaseMs;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const run of this.#runs.values()) run.close("the store was closed");
    this.#runs.clear();
    this.#link.close();
  }

  #make(record: RunRecord, start: RunStart, supplier: { supplierToken?: string } = {}): RedisRun {
    const keys = keysOf(this.#prefix, record.id);
    return new RedisRun(record, start, {
      link: this.#link,
      keys,
      channel: this.#channelOf(keys),
      prefix: this.#prefix,
      deadLetters: this.#deadLetterLimits,
      process: this.#process,
      codec: this.#codec,
      maxValueBytes: this.#maxValueBytes,
      abandonedMs: ABANDONED_MS,
      leaseMs: this.#leaseMs,
      ...supplier,
      onEnded: (here) => {
        this.#leave(record.id);
        // Who ended it does so for all. Should it die before, the index drops it when somebody looks, or it lapses.
        if (here) this.#index.ended(record).catch(() => undefined);
      },
      onLeft: () => this.#leave(record.id),
    });
  }

  /** From here on this process listens to what happens to the run. */
  #register(run: RedisRun, isNew = false): RedisRun {
    if (run.ended) return run;
    const { id } = run.record;
    this.#runs.set(id, run);
    if (this.#awaited.get(id)?.missed) run.syncInBackground().catch(() => undefined);
    if (!this.#link.isCluster) return run;
    this.#link
      .subscribe(this.#channelOf(keysOf(this.#prefix, id)), this.#onMessage)
      // What happened before the server took note is asked for once. A run that was just created has no past; what comes
      // between its creation and this is found by the next check.
      .then(() => (isNew ? this.#checks.include(run) : run.catchUp()))
      .catch(() => undefined);
    return run;
  }

  /** Takes note of news of a run that come before what is asked for, until it is followed. */
  async #awaiting<T>(id: string, followed: Promise<T>): Promise<T> {
    const settled = followed.then(
      () => undefined,
      () => undefined,
    );
    const awaited: AwaitedRun = { settled, missed: false };
    this.#awaited.set(id, awaited);
    try {
      return await followed;
    } finally {
      if (this.#awaited.get(id) === awaited) this.#awaited.delete(id);
    }
  }

  #leave(id: string): void {
    if (this.#link.isCluster) this.#link.unsubscribe(this.#channelOf(keysOf(this.#prefix, id)));
    this.#runs.delete(id);
  }

  readonly #onMessage = (message: Buffer): void => {
    const { hash, news } = addressed(message);
    const id = runOf(this.#prefix, hash);
    const [run, awaited] = [this.#runs.get(id), this.#awaited.get(id)];
    if (run) run.onMessage(news);
    else if (awaited) awaited.missed = true;
  };

  #channelOf(keys: RunKeys): string {
    return channelOf(this.#prefix, this.#process, this.#link.isCluster ? keys : undefined);
  }

  /** Says that this process lives, to each run it works on, and keeps the keys of all runs it knows from lapsing. */
  async #keepAlive(): Promise<void> {
    const runs = [...this.#runs.values()];
    if (runs.length === 0) return;
    const worked = runs.filter((run) => run.isWorkedOnHere);
    const lapsing = runs.filter((run) => run.keysNeedRefresh);
    for (const run of runs) run.refreshPositions();
    await Promise.allSettled([
      this.#index.putOff(
        worked.map(({ record }) => record.id),
        this.#attentionMs,
      ),
      this.#index.add(lapsing.map(({ record }) => record)),
      ...worked.map((run) => run.lookAfter()),
      ...lapsing.map((run) => run.refreshKeys()),
    ]);
  }

  #checkOpen(): void {
    if (this.#closed) throw new SupervisorStateError("The Redis store is closed.");
  }
}

function supplierOf({ supplies, creator }: Creation): { supplierToken?: string } {
  return supplies ? { supplierToken: creator } : {};
}

/** A run that was created here, with what its creator holds of it from the beginning. */
function withHold(run: RedisRun, { claims, taken }: Creation): CreatedRun {
  return { run, created: true, claims: claims.map(({ task, token }) => run.adopt(task, token)), taken };
}
