import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, FencedError, RunLostError, SupervisorStateError } from "../../errors.ts";
import { Alarm } from "../alarm.ts";
import type { ConsumerKey, Cursor } from "../flow-control.ts";
import { hasEnded, isSettled, type Ledger, recordTask } from "../ledger.ts";
import { changesSoFar, eventsSoFar } from "../ledger-changes.ts";
import { RunWaits } from "../run-waits.ts";
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
import { DistantWaits } from "./distant-waits.ts";
import { type News, readNews } from "./news.ts";
import { notedFields, RedisClaim } from "./redis-claim.ts";
import { doneField } from "./redis-following.ts";
import { type LedgerStep, RedisLedger } from "./redis-ledger.ts";
import { RedisReader } from "./redis-reader.ts";
import type { ShareRun } from "./redis-share.ts";
import { type EncodedChunk, RedisStream } from "./redis-stream.ts";
import { RedisWriter } from "./redis-writer.ts";
import { RunClaims } from "./run-claims.ts";
import { RUN, RunLeases, SUPPLIER } from "./run-leases.ts";
import { RunPositions } from "./run-positions.ts";
import type { RunSettings } from "./run-settings.ts";
import { snapshotOf } from "./run-snapshot.ts";
import type { StreamTops } from "./run-state.ts";
import { StreamCommands } from "./stream-commands.ts";

/** A run as it is when this process gets to know it. */
export interface RunStart {
  readonly ledger: Ledger;
  readonly revision: number;
  /** Absent where nothing is written yet, or is asked for next. */
  readonly tops?: StreamTops;
  /** Streams of which this process will be told when they get more than that. */
  readonly told?: readonly number[];
  /** Chunks that are known, by stream. */
  readonly chunks?: readonly (readonly [stream: number, chunk: EncodedChunk])[];
}

/** Who claims a task asks for its state right after it has begun to listen. */
const CATCH_UP_MS = 20;
/** How often a run's keys are kept from lapsing, in the time that they live. */
const REFRESHES_PER_LIFE = 12;

/** One run in Redis, as this process sees it. */
export class RedisRun implements RunStore {
  readonly record: RunRecord;
  readonly #settings: RunSettings;
  readonly #ledger: RedisLedger;
  readonly #streams: readonly RedisStream[];
  readonly #waits: RunWaits;
  /** Only where tasks of one run are performed by several processes. */
  readonly #distantWaits: DistantWaits | undefined;
  readonly #listeners = new Set<(event: RunEvent) => void>();
  readonly #commands: StreamCommands;
  readonly #positions: RunPositions;
  /** The last writer of each stream. */
  readonly #writers = new Map<
    number,
    { readonly token: string; readonly claim: Claim | undefined; readonly writer: StreamWriter }
  >();
  readonly #leases: RunLeases;
  readonly #claims: RunClaims;
  /** When somebody should have ended. */
  readonly #alarm = new Alarm(() => {
    this.lookAfter().catch(() => undefined);
  });
  #syncing: Promise<void> | undefined;
  #keysRefreshedAt = Number.NEGATIVE_INFINITY;

  constructor(record: RunRecord, start: RunStart, settings: RunSettings) {
    this.record = record;
    this.#settings = settings;
    this.#commands = new StreamCommands(settings);
    this.#positions = new RunPositions(settings);
    this.#leases = new RunLeases(settings.keys, settings.link, settings.leaseMs, () => this.#ledger.current.tasks.length);
    if (settings.supplierToken !== undefined) this.#leases.hold(SUPPLIER, settings.supplierToken);
    this.#streams = record.streams.map((stream, index) => new RedisStream(index, stream, record.durable));
    this.#ledger = new RedisLedger(record, settings, start, (step) => {
      this.#onStep(step);
    });
    this.#claims = new RunClaims(record, settings, {
      ledger: this.#ledger,
      leases: this.#leases,
      commands: this.#commands,
      stream: (index) => this.#stream(index),
      lookAfterIn: (ms) => this.lookAfterIn(ms),
      shareRun: this.#shareRun,
      lacksValues: (stream) => this.#lacksValues(stream),
    });
    this.#waits = new RunWaits(
      record,
      (index) => this.#stream(index),
      () => this.#ledger.current,
      (event) => this.#tell(event),
    );
    this.#distantWaits = record.durable ? new DistantWaits(this.#waits, settings) : undefined;
    this.#onStep({
      changes: changesSoFar(record, start.ledger),
      tops: start.tops ?? new Map(),
      told: start.told ?? [],
      chunks: start.chunks ?? [],
      here: false,
    });
  }

  /** Who writes as the same owner gets the same writer: a stream has one at a time. */
  writer(index: number, claim?: Claim): StreamWriter {
    const token = claim?.token ?? "";
    const known = this.#writers.get(index);
    if (known?.token === token && known.claim === claim) return known.writer;
    const { codec, maxValueBytes } = this.#settings;
    const stream = this.#stream(index);
    const own = claim instanceof RedisClaim ? claim : undefined;
    const inner = new RedisWriter(stream, token, this.#writerRun, { codec, maxValueBytes, ...own?.goingOnIn(stream) });
    const writer = own?.prepare(inner, stream) ?? inner;
    this.#writers.set(index, { token, claim, writer });
    return writer;
  }

  reader(index: number, options: ReaderOptions): StreamReader {
    return new RedisReader(this.#stream(index), options, this.#readerRun, this.#settings.codec);
  }

  async claim(task: number): Promise<Claim | undefined> {
    // Whoever dispatched it may have done so faster than the news of it came here.
    if (this.#ledger.current.tasks[task]?.state !== "ready") await this.sync();
    const token = randomUUID();
    await this.#ledger.commit({ type: "claim", task, token });
    const claimed = this.#ledger.current.tasks[task];
    if (claimed?.token !== token) return undefined;
    const noted = claimed.attempt > 1 ? await this.#whatIsNoted(task) : new Map<string, Buffer>();
    return this.#claims.hold(task, claimed.attempt, token, noted);
  }

  /** Holds a claim that was made along with the run. */
  adopt(task: number, token: string): Claim {
    return this.#claims.hold(task, 1, token, new Map());
  }

  /** How far earlier attempts have come, which nobody but the new owner can change any more. */
  async #whatIsNoted(task: number): Promise<ReadonlyMap<string, Buffer>> {
    const first = recordTask(this.#ledger.current, task);
    const { inputs = [], outputs = [] } = this.record.tasks[first] ?? {};
    // What they have written is where the new one's writers begin, in bytes too.
    const [noted] = await Promise.all([this.#commands.fields(notedFields(task, inputs, outputs)), this.sync()]);
    return noted;
  }

  async release(claim: Claim): Promise<void> {
    // What is done need not be done again.
    await Promise.allSettled(this.#writersOf(claim).map((writer) => writer.flush()));
    if (claim instanceof RedisClaim) await claim.commit().catch(() => undefined);
    this.#claims.letGo(claim);
    await this.#ledger.commit({ type: "release", task: claim.task, token: claim.token });
  }

  async settle(claim: Claim, end: StreamEnd): Promise<void> {
    // The end comes after all that was accepted; a stream that fails says so even when not all of it could be stored.
    const flushed = Promise.all(this.#writersOf(claim).map((writer) => writer.flush()));
    await (end.state === "completed" ? flushed : flushed.catch(() => undefined));
    this.#claims.letGo(claim);
    const alone = claim instanceof RedisClaim && claim.isExhausted;
    await this.#ledger.commit({ type: "settle", task: claim.task, token: claim.token, end, alone });
  }

  #writersOf({ task, token }: Claim): StreamWriter[] {
    const known = (this.record.tasks[task]?.outputs ?? []).flatMap((index) => this.#writers.get(index) ?? []);
    return known.flatMap(({ token: owner, writer }) => (owner === token ? [writer] : []));
  }

  async stop(end: StreamEnd): Promise<void> {
    await this.#ledger.commit({ type: "stop", end });
  }

  async snapshot(): Promise<RunSnapshot> {
    await this.sync();
    const lowest = await this.#commands.lowest(this.#streams);
    if (!lowest) throw this.#ledger.lose();
    const failures = await this.#commands.failures(this.record.tasks.length);
    const waits: ConsumerKey[][] = [];
    for (const stream of this.#streams) waits.push(await this.#waitsFor(stream, lowest[stream.index]?.writerWaits));
    return snapshotOf(this.#ledger.current, this.#streams, lowest, waits, failures);
  }

  waitingSince(task: number): number | undefined {
    return this.#waits.waitingSince(task);
  }

  watch(listener: (event: RunEvent) => void, { hold = false } = {}): () => void {
    const { link } = this.#settings;
    for (const event of eventsSoFar(this.record, this.#ledger.current)) listener(event);
    this.#listeners.add(listener);
    if (hold) link.hold();
    return () => {
      if (this.#listeners.delete(listener) && hold) link.release();
    };
  }

  /** A notification has come. */
  onMessage(message: Buffer): void {
    const news = readNews(message);
    if (news.kind === "values") this.#stream(news.stream).hear(news.values, news.chunk, news.isToldOn);
    else if (news.kind === "shares") this.#claims.wakeShares();
    else if (news.kind === "waits") this.#distantWaits?.onAsked(news.by);
    else if (news.kind !== "ledger" || !this.#follow(news)) this.syncInBackground().catch(() => undefined);
  }

  /** Takes in what is told of the ledger; `false` where more must be asked for. */
  #follow({ revision, since, state }: Extract<News, { kind: "ledger" }>): boolean {
    try {
      return this.#ledger.knows(revision) || (state !== undefined && this.#ledger.follow(state, since));
    } catch {
      // Of a newer version: the run is left to those who know it, and who waits here was told.
      return true;
    }
  }

  /** Whether anything here waits for what only the server can tell. */
  get hasWaiting(): boolean {
    return !this.ended && (this.#listeners.size > 0 || this.#streams.some((stream) => stream.hasWaiting));
  }

  get ended(): boolean {
    return hasEnded(this.#ledger.current);
  }

  /** Brings this process's view up to date. */
  sync(): Promise<void> {
    return this.#settings.link.held(this.syncInBackground());
  }

  /** The same where nobody waits for it; calls that come meanwhile share the answer of the next. */
  syncInBackground(): Promise<void> {
    this.#syncing ??= Promise.resolve()
      .then(() => {
        this.#syncing = undefined;
        const waiting = (which: "readersWait" | "writersWait") =>
          this.#streams.filter((stream) => stream[which]).map(({ index }) => index);
        return this.#ledger.sync(waiting("readersWait"), waiting("writersWait"));
      })
      .then(() => this.#updatePositions());
    return this.#syncing;
  }

  /** From now on all that happens is heard: what happened before is asked for, unless that is done anyway in a moment. */
  async catchUp(): Promise<void> {
    const { asked } = this.#ledger;
    await delay(CATCH_UP_MS, undefined, { ref: false });
    if (this.#ledger.asked === asked && !this.ended && !this.#ledger.lost) await this.syncInBackground();
  }

  /** Whether this process performs tasks of the run or supplies its inputs. */
  get isWorkedOnHere(): boolean {
    return this.#leases.any;
  }

  /** Says that this process lives, stops what others have taken over, and frees what others have left behind. */
  async lookAfter(): Promise<void> {
    const report = await this.#leases.renew();
    if (!report) throw this.#ledger.lose();
    if (report.lost.length > 0) await this.sync();
    for (const who of report.lost) {
      if (who === SUPPLIER) this.#leases.drop(SUPPLIER);
      else this.#claims.lose(Number(who));
    }
    if (report.nextDeadlineMs !== undefined) this.lookAfterIn(report.nextDeadlineMs);
    await this.#failOverdue(report.overdue);
    // After an outage everybody's leases have lapsed; who lives says so within a lease.
    if (report.lapsed.length === 0 || this.#settings.link.stableForMs < this.#settings.leaseMs) return;
    await this.sync();
    await Promise.all(report.lapsed.map(([who, token]) => this.#takeBack(who, token)));
  }

  /** Looks after the run again in so many milliseconds, when a deadline is due. */
  lookAfterIn(ms: number): void {
    // Not before the server's clock says so, too.
    if (!this.ended) this.#alarm.set(ms + 1);
  }

  /** Keeps what the run knows of this process from lapsing. */
  refreshPositions(): void {
    this.#positions.refresh();
  }

  /** Keys live much longer than leases: they need not be refreshed as often. */
  get keysNeedRefresh(): boolean {
    return performance.now() - this.#keysRefreshedAt > this.#settings.abandonedMs / REFRESHES_PER_LIFE;
  }

  /** Keeps the run's keys from lapsing. */
  async refreshKeys(): Promise<void> {
    const before = this.#keysRefreshedAt;
    this.#keysRefreshedAt = performance.now();
    try {
      await this.#commands.refresh(this.#streams);
    } catch (error) {
      this.#keysRefreshedAt = before;
      throw error;
    }
  }

  /** Frees what this process holds for the run; its keys stay. With a reason, whoever waits gets it thrown. */
  close(reason: string): void {
    this.#positions.stop();
    this.#waits.stop();
    this.#alarm.stop();
    this.#distantWaits?.stop();
    this.#ledger.leave({ state: "cancelled", reason }, new SupervisorStateError(`Run ${this.record.id}: ${reason}.`));
  }

  async #failOverdue(who: readonly string[]): Promise<void> {
    const isOpen = (task: number) => !isSettled(this.#ledger.current.tasks[task]?.state ?? "completed");
    const overdue = who.filter((each) => (each === RUN ? !this.ended : isOpen(Number(each))));
    if (overdue.length === 0) return;
    await this.sync();
    const commands = overdue.map((each) => ({ type: "overdue", ...(each !== RUN && { task: Number(each) }) }) as const);
    await Promise.all(commands.map((command) => this.#ledger.commit(command)));
  }

  async #takeBack(who: string, token: string): Promise<void> {
    if (who === SUPPLIER) {
      await this.#ledger.commit({ type: "abandon" });
      return;
    }
    const task = Number(who);
    const first = recordTask(this.#ledger.current, task);
    const { inputs = [], outputs = [] } = this.record.tasks[first] ?? {};
    const stored = outputs.map((index) => this.#stream(index).stored.values);
    const done = await this.#commands.fields(inputs.map((input) => doneField(input, first)));
    const written = [...stored, ...[...done.values()].map(Number)].reduce((sum, values) => sum + values, 0);
    await this.#ledger.commit({ type: "expire", task, token, written });
  }

  #onStep({ changes, tops, told, chunks, here }: LedgerStep): void {
    for (const index of told) this.#stream(index).toldFrom = tops.get(index)?.values;
    for (const [index, chunk] of chunks) this.#stream(index).hear(chunk.first + chunk.count, chunk);
    for (const [index, { values, bytes, floor }] of tops) {
      const stream = this.#stream(index);
      stream.learn(values, bytes);
      if (floor !== undefined) stream.floor = Math.max(stream.floor, floor);
    }
    for (const task of changes.released) {
      for (const index of this.record.tasks[task]?.inputs ?? []) {
        this.#positions.released(this.#stream(index), task);
        this.#stream(index).consumers.release(task);
        this.#stream(index).passed();
      }
    }
    this.#claims.loseTaken();
    for (const [index, token] of changes.owned) this.#ownedBy(index, token);
    for (const [index, end] of changes.ended) this.#stream(index).finish(end, tops.get(index)?.values ?? 0);
    if (this.record.streams.every(({ producer }, index) => producer !== undefined || this.#stream(index).end))
      this.#leases.drop(SUPPLIER);
    this.#claims.wakeShares();
    for (const event of changes.events) {
      this.#tell(event);
      if (event.type !== "ended") continue;
      this.#waits.stop();
      this.#distantWaits?.stop();
      this.#alarm.stop();
      if (this.#ledger.lost) this.#settings.onLeft();
      else this.#settings.onEnded(here);
    }
  }

  #tell(event: RunEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** A stream whose writer is elsewhere now: its readers here must listen to the server again. */
  #ownedBy(index: number, token: string): void {
    const { producer } = this.record.streams[index] ?? {};
    if (producer === undefined || this.#claims.has(producer, token)) return;
    const stream = this.#stream(index);
    if (!stream.writer) return;
    stream.writer = undefined;
    stream.wakeReaders();
  }

  readonly #writerRun = {
    append: (stream: RedisStream, token: string, chunk: EncodedChunk) => this.#append(stream, token, chunk),
    checkWritable: (stream: RedisStream, token: string) => this.#checkWritable(stream, token),
    writerWaits: (writer: object, index: number) => {
      this.#settings.link.hold();
      this.#waits.writerWaits(writer, index);
      this.#distantWaits?.begin();
      const stream = this.#stream(index);
      // Readers elsewhere must know that somebody waits for them.
      if (stream.hasDistantConsumers) this.sync().catch(() => undefined);
    },
    writerGoesOn: (writer: object) => {
      this.#settings.link.release();
      this.#waits.writerGoesOn(writer);
      this.#distantWaits?.end();
    },
    endStream: (index: number, end: StreamEnd) => this.#ledger.commit({ type: "end", stream: index, end }),
  };

  readonly #readerRun = {
    lacksValues: (stream: RedisStream) => this.#lacksValues(stream),
    fetch: (stream: RedisStream, position: number) => this.#commands.fetch(stream, position),
    listen: (stream: RedisStream) => this.#settings.link.held(this.#ledger.sync([stream.index])),
    check: () => {
      if (this.#ledger.lost) throw this.#ledger.lost;
    },
    attached: (stream: RedisStream, { consumer }: ReaderOptions): Cursor => {
      const cursor = stream.consumers.attach(consumer);
      // A writer may have waited for just that.
      stream.passed();
      this.#positions.attached(stream, cursor);
      return cursor;
    },
    moved: (stream: RedisStream, cursor: Cursor) => {
      stream.passed();
      this.#positions.moved(stream, cursor);
    },
    detached: (stream: RedisStream, cursor: Cursor) => {
      stream.consumers.detach(cursor);
      stream.passed();
      this.#positions.detached(stream, cursor);
    },
    readerWaits: (reader: object, index: number, options: ReaderOptions) => {
      this.#settings.link.hold();
      this.#waits.readerWaits(reader, index, options);
    },
    readerGoesOn: (reader: object) => {
      this.#settings.link.release();
      this.#waits.readerGoesOn(reader);
    },
  };

  readonly #shareRun: ShareRun = {
    refused: async (reply, output, { task, token }) => {
      if (reply === "LOST") throw this.#ledger.lose();
      await this.sync();
      if (output?.end?.state === "cancelled") throw new CancelledError(output.end.reason);
      const isMine = this.#ledger.current.tasks[task]?.token === token;
      if (!isMine) this.#claims.lose(task);
      throw new FencedError(
        `Task "${this.record.tasks[recordTask(this.#ledger.current, task)]?.processor}" of run ${this.record.id}`,
      );
    },
    learn: (output, values, bytes, positions) => {
      output.learn(values, bytes);
      this.#positions.apply(output, positions);
    },
    sync: () => this.sync(),
    readerWaits: (reader, index, options) => this.#readerRun.readerWaits(reader, index, options),
    readerGoesOn: (reader) => this.#readerRun.readerGoesOn(reader),
    writerWaits: (writer, index) => this.#writerRun.writerWaits(writer, index),
    writerGoesOn: (writer) => this.#writerRun.writerGoesOn(writer),
  };

  #lacksValues(stream: RedisStream): Error {
    // A cancelled run's streams are dropped, also those that had completed.
    const { end } = this.#ledger.current;
    if (end?.state === "cancelled") return new CancelledError(end.reason);
    return new RunLostError(this.record.id, `stream "${stream.record.name}" lacks values that were written`);
  }

  #checkWritable(stream: RedisStream, token: string): void {
    if (this.#ledger.lost) throw this.#ledger.lost;
    if (stream.end?.state === "cancelled") throw new CancelledError(stream.end.reason);
    if (stream.end) throw new FencedError(`Stream "${stream.record.name}" has ended and`);
    const { producer } = stream.record;
    const owner = producer === undefined ? "" : this.#ledger.current.tasks[producer]?.token;
    if (owner !== token) throw new FencedError(`Stream "${stream.record.name}"`);
  }

  async #append(stream: RedisStream, token: string, chunk: EncodedChunk): Promise<"stored" | "gap"> {
    const confirmed = stream.stored.values;
    const reply = await this.#commands.append(stream, token, chunk);
    if (reply === "LOST") throw this.#ledger.lose();
    if (reply === "FENCED") throw new FencedError(`Stream "${stream.record.name}"`);
    if (reply === "ENDED") {
      await this.sync();
      this.#checkWritable(stream, token);
      throw new FencedError(`Stream "${stream.record.name}" has ended and`);
    }
    const [outcome, ...positions] = reply as string[];
    if (outcome === "GAP") {
      // What was confirmed before is not there any more: sending the rest again would never fill that gap.
      if (Number(positions[0]) < confirmed) throw this.#lacksValues(stream);
      return "gap";
    }
    if (positions.length > 0 || stream.hasDistantConsumers) this.#positions.apply(stream, positions);
    return "stored";
  }

  async #updatePositions(): Promise<void> {
    // Only writers here care, and only about consumers elsewhere; an append's reply tells them as well.
    for (const stream of this.#streams) if (stream.writersWait && stream.hasDistantConsumers) await this.#positions.ask(stream);
  }

  /** For whom a stream's writer waits, here or in another process. */
  async #waitsFor(stream: RedisStream, elsewhere = false): Promise<ConsumerKey[]> {
    if (stream.writersWait || !elsewhere) return this.#waits.waitsFor(stream.index);
    await this.#positions.ask(stream);
    return stream.distantWriterWaitsFor();
  }

  #stream(index: number): RedisStream {
    const stream = this.#streams[index];
    if (!stream) throw new RangeError(`Run ${this.record.id} has no stream ${index}`);
    return stream;
  }
}
