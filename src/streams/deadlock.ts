/**
 * Bounded buffers can block a flow that unbounded ones would not: a diamond whose branches are read one after the
 * other, say. When every process of a cycle waits for the next one, the smallest full buffer of the cycle grows
 * (T. M. Parks, Bounded Scheduling of Process Networks, 1995).
 */
import type { ConsumerKey } from "./flow-control.ts";

/** Who may wait: a task or a caller, or whatever writes a supplied input, each of them on its own. */
export type Party = ConsumerKey | `input ${number}`;

/** Who waits for whom, and through which stream. */
export interface WaitEdge {
  readonly from: Party;
  readonly to: Party;
  readonly stream: number;
  /** `write`: `from` cannot go on because `to` has not read. `read`: because `to` has not written. */
  readonly kind: "read" | "write";
  /** Names this wait: another one later of the same party for the same stream is another wait. */
  readonly wait: unknown;
  /** Whether `from` goes on in a stream although it waits here: whatever does that does not wait for this. */
  readonly goesOn?: (stream: number) => boolean;
}

/** The writers' waits that are part of a cycle of waits; empty where nothing is deadlocked. */
export function deadlocks(edges: readonly WaitEdge[]): WaitEdge[] {
  return cyclesOf(edges, (wait, stream) => wait.goesOn?.(stream) !== true);
}

/** The same where everybody who waits somewhere is taken to do nothing else. */
function possibleDeadlocks(edges: readonly WaitEdge[]): WaitEdge[] {
  return cyclesOf(edges, () => true);
}

/** Whether a wait keeps its party from doing something with a stream. */
type Blocks = (wait: WaitEdge, stream: number) => boolean;

function cyclesOf(edges: readonly WaitEdge[], blocks: Blocks): WaitEdge[] {
  const outgoing = groupByFrom(edges);
  return edges.filter((edge) => edge.kind === "write" && reachesItself(edge, outgoing, blocks));
}

/** Follows waits: whom it waits for must do something with its stream, and that may wait in turn. */
function reachesItself(edge: WaitEdge, outgoing: ReadonlyMap<Party, readonly WaitEdge[]>, blocks: Blocks): boolean {
  const seen = new Set<WaitEdge>();
  const queue = [edge];
  for (const { to, stream } of queue) {
    for (const next of outgoing.get(to) ?? []) {
      if (!blocks(next, stream)) continue;
      if (next === edge) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return false;
}

function groupByFrom(edges: readonly WaitEdge[]): Map<Party, WaitEdge[]> {
  const groups = new Map<Party, WaitEdge[]>();
  for (const edge of edges) {
    const group = groups.get(edge.from);
    if (group) group.push(edge);
    else groups.set(edge.from, [edge]);
  }
  return groups;
}

/** How a {@link DeadlockWatch} sees and changes its run. */
export interface WatchedRun {
  /** Every wait of the run that this process knows. */
  waits(): readonly WaitEdge[];
  /** The bound of a stream's buffer, in values. */
  bound(stream: number): number;
  /** Doubles a stream's bounds. */
  grow(stream: number): void;
}

/** A wait that was part of a cycle at every look since then. */
interface Stall {
  readonly wait: unknown;
  readonly since: number;
}

/**
 * Looks for deadlocks while any writer of a run waits. A wait that stays part of a cycle for some time is taken for
 * deadlocked; that time doubles with each growth of its stream, so that a reader that is merely slow costs little. Each
 * wait is judged by itself: elsewhere in the run there may be plenty going on.
 */
export class DeadlockWatch {
  readonly #run: WatchedRun;
  readonly #stalls = new Map<number, Stall>();
  /** How often a stream has grown. */
  readonly #grown = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #waiting = 0;
  /** How long until the next look: longer and longer while nothing is found. */
  #pauseMs = FIRST_PAUSE_MS;
  /** The shortest pause: looking must stay a small part of the work, however many wait. */
  #shortestMs = FIRST_PAUSE_MS;

  constructor(run: WatchedRun) {
    this.#run = run;
  }

  /** A writer has begun to wait. */
  begin(): void {
    this.#waiting++;
    this.check();
  }

  /** Somebody has begun to wait: what did not deadlock until now may do so. */
  check(): void {
    if (this.#waiting === 0) return;
    if (this.#timer && this.#pauseMs <= this.#shortestMs) {
      this.#timer.ref();
      return;
    }
    this.#pauseMs = this.#shortestMs;
    clearTimeout(this.#timer);
    this.#schedule(true);
  }

  /** A writer waits no more. */
  end(): void {
    this.#waiting--;
    if (this.#waiting === 0) this.stop();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param urgent whether this may be all that can unblock the run: only then it keeps the process alive. */
  #schedule(urgent: boolean): void {
    this.#timer = setTimeout(() => {
      this.#look();
    }, this.#pauseMs);
    if (!urgent) this.#timer.unref();
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#waiting === 0) return;
    const start = performance.now();
    const waits = this.#run.waits();
    const possible = possibleDeadlocks(waits).length > 0;
    this.#noteStalls(possible ? deadlocks(waits) : [], start);
    this.#growSmallest(start);
    this.#shortestMs = Math.max(FIRST_PAUSE_MS, (performance.now() - start) * PAUSE_PER_LOOK);
    // Growing wakes writers, and they may be through by now.
    if (this.#waiting === 0 || this.#timer) return;
    this.#pauseMs = possible ? this.#shortestMs : Math.min(this.#pauseMs * 2, MAX_PAUSE_MS);
    this.#schedule(possible);
  }

  #noteStalls(found: readonly WaitEdge[], now: number): void {
    const waits = new Map(found.map(({ stream, wait }) => [stream, wait]));
    for (const [stream, { wait }] of this.#stalls) if (waits.get(stream) !== wait) this.#stalls.delete(stream);
    for (const [stream, wait] of waits) if (!this.#stalls.has(stream)) this.#stalls.set(stream, { wait, since: now });
  }

  #growSmallest(now: number): void {
    const due = [...this.#stalls].filter(([stream, { since }]) => now - since >= this.#patienceWith(stream));
    const [smallest] = due.map(([stream]) => stream).sort((a, b) => this.#run.bound(a) - this.#run.bound(b));
    if (smallest === undefined) return;
    this.#stalls.delete(smallest);
    this.#grown.set(smallest, (this.#grown.get(smallest) ?? 0) + 1);
    this.#run.grow(smallest);
  }

  #patienceWith(stream: number): number {
    return Math.min(FIRST_PATIENCE_MS * 2 ** (this.#grown.get(stream) ?? 0), MAX_PATIENCE_MS);
  }
}

const FIRST_PAUSE_MS = 5;
const FIRST_PATIENCE_MS = 2;
const MAX_PATIENCE_MS = 30_000;
const MAX_PAUSE_MS = 1_000;
const PAUSE_PER_LOOK = 20;
