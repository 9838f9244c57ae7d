import type { RunRecord } from "../store.ts";
import { attentionKey, indexKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/** How often entries of runs that are gone are dropped from the list, and its time to live is put off. */
const TIDY_MS = 60_000;

/**
 * What a prefix keeps beside its runs: which runs there are, and when somebody should look after which. Both are hints
 * that can be wrong without harm: the truth is in each run's own keys.
 */
export class RunIndex {
  readonly #link: RedisLink;
  readonly #abandonedMs: number;
  readonly #known: string;
  readonly #attention: string;
  /** Until when the list is kept at least, by this process's clock. */
  #heldUntil = 0;

  /** @param abandonedMs how long the keys of a run that nobody works on are kept. */
  constructor(link: RedisLink, prefix: string, abandonedMs: number) {
    this.#link = link;
    this.#abandonedMs = abandonedMs;
    this.#known = indexKey(prefix);
    this.#attention = attentionKey(prefix);
  }

  /** Keeps runs listed for as long as their keys may be there: `abandonedMs` from now on, and as long as each is kept. */
  async add(runs: readonly RunRecord[]): Promise<void> {
    for (const some of inBatches(runs)) await this.#add(some);
  }

  async #add(runs: readonly RunRecord[]): Promise<void> {
    const { commands } = this.#link;
    const now = Date.now();
    const lifetimes = runs.map(({ keepMs }) => this.#abandonedMs + keepMs);
    const longest = Math.max(...lifetimes) + this.#abandonedMs + TIDY_MS;
    const isTidy = now + longest <= this.#heldUntil + TIDY_MS;
    if (!isTidy) this.#heldUntil = now + longest;
    const entries = runs.flatMap(({ id }, i) => [now + (lifetimes[i] ?? 0), id]);
    await this.#link.run(() =>
      Promise.all([
        commands.zadd(this.#known, ...entries),
        // It is gone when nothing was left in it, and its time to live with it.
        commands.pexpire(this.#known, longest, "NX"),
        ...(isTidy ? [] : [commands.pexpire(this.#known, longest, "GT"), commands.zremrangebyscore(this.#known, 0, now)]),
      ]),
    );
  }

  async all(): Promise<string[]> {
    return this.#link.run(() => this.#link.commands.zrange(this.#known, "0", "-1"));
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#link.run(() => this.#link.commands.zrem(this.#known, ...ids));
  }

  /** Nobody needs to look after these runs for so long. */
  async putOff(ids: readonly string[], delayMs: number): Promise<void> {
    for (const some of inBatches(ids))
      await this.#link.run(() => this.#link.commands.dgAttend(this.#attention, delayMs, delayMs + this.#abandonedMs, ...some));
  }

  /** Runs that nobody has put off in time; they are put off now. */
  async due(delayMs: number, atMost: number): Promise<string[]> {
    return (await this.#link.run(() => this.#link.commands.dgDue(this.#attention, delayMs, atMost))) as string[];
  }

  /** Nobody needs to look after this run any more. */
  async done(id: string): Promise<void> {
    await this.#link.run(() => this.#link.commands.zrem(this.#attention, id));
  }

  /** A run that has ended is listed as long as it is kept: short runs must not add up for as long as abandoned ones are kept. */
  async ended({ id, keepMs }: RunRecord): Promise<void> {
    const until = Date.now() + keepMs + CLOCKS_DIFFER_MS;
    await Promise.all([this.done(id), this.#link.run(() => this.#link.commands.zadd(this.#known, "XX", "LT", until, id))]);
  }
}

/** Of many runs, so many are told of by one command: the server does nothing else meanwhile. */
const BATCH = 500;
/** Scores are of the processes' clocks, and another one's may be ahead: it would drop a run that can still be read. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

function* inBatches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += BATCH) yield all.slice(i, i + BATCH);
}
