import { FencedError } from "../errors.ts";
import { lanesOf, type ShareOutputs, type Sharing, type Span, SUSPECT_DELIVERIES } from "./share.ts";

/** Who asks: one attempt at one replica. */
export interface Asker {
  /** Index of its task. */
  readonly task: number;
  readonly token: string;
}

/** What is asked for. @see Wanted */
export interface Ask {
  readonly max: number;
  readonly min: number;
  /** How far the first value that nobody took may be ahead of the first that is not done, where results are held for their turn. */
  readonly window: number;
}

/** A span that was handed out, with how often; or one that nobody has any more. */
export interface HandedOut extends Span {
  readonly deliveries: number;
}

/** What is not done: taken by somebody, or free again. */
interface OpenSpan extends HandedOut {
  readonly owner: number | undefined;
}

interface Lane {
  /** The first value that nobody took. */
  next: number;
  /** In order; what lies between them, up to `next`, is done. */
  open: OpenSpan[];
}

/** The input's state. */
interface Top {
  readonly values: number;
  readonly ended: boolean;
}

/**
 * Who has which values of an input that replicas share, and which are done. The same is done in Redis by scripts
 * (`redis/share-scripts.ts`); the conformance suite holds the two together.
 */
export class SharedInput {
  readonly #sharing: Sharing;
  readonly #lanes: Lane[];
  /** Replicas that have asked, with the attempt. */
  readonly #askers = new Map<number, string>();
  /** What came of spans whose turn has not come, by where they begin. */
  readonly #held = new Map<number, ShareOutputs>();

  constructor(sharing: Sharing) {
    this.#sharing = sharing;
    this.#lanes = Array.from({ length: lanesOf(sharing) }, () => ({ next: 0, open: [] }));
  }

  /** All values before this one are done. */
  get floor(): number {
    return Math.min(...this.#lanes.map(floorOf));
  }

  /** The first value that nobody took, in the lane that is furthest behind. */
  get next(): number {
    return Math.min(...this.#lanes.map(({ next }) => next));
  }

  /** Whether all values of an input of this length are done. */
  exhausted(top: Top): boolean {
    return top.ended && this.floor >= top.values;
  }

  /** Hands out what may be had now. @param isAlive whether an attempt still holds its claim. */
  take(asker: Asker, ask: Ask, top: Top, isAlive: (asker: Asker) => boolean): HandedOut[] {
    this.#noteAsker(asker, isAlive);
    return this.#lanes.length === 1 ? this.#takeAny(asker, ask, top) : this.#takeLanes(asker, ask, top);
  }

  /** Takes spans as done. Gives what is to be written now, in order; nothing for a span that is done already. @throws FencedError. */
  done(asker: Asker, spans: readonly (readonly [Span, ShareOutputs])[]): ShareOutputs[] {
    const news = spans.filter(([span]) => this.#cut(asker, span, () => undefined));
    if (this.#sharing.order !== "input") return news.map(([, outputs]) => outputs);
    for (const [{ from }, outputs] of news) this.#held.set(from, outputs);
    const { floor } = this;
    const due = [...this.#held.keys()].filter((from) => from < floor).sort((a, b) => a - b);
    return due.map((from) => {
      const outputs = this.#held.get(from) ?? new Map();
      this.#held.delete(from);
      return outputs;
    });
  }

  giveBack(asker: Asker, spans: readonly Span[]): void {
    for (const span of spans) {
      this.#cut(asker, span, (part) => ({ ...part, owner: undefined, deliveries: part.deliveries - 1 }));
    }
  }

  /** Frees all that an attempt has. It may have begun with it: whoever gets it next is told so. */
  release({ task, token }: Asker): void {
    if (this.#askers.get(task) !== token) return;
    this.#askers.delete(task);
    for (const lane of this.#lanes) {
      lane.open = lane.open.map((span) =>
        span.owner === task ? { ...span, owner: undefined, deliveries: Math.min(span.deliveries, 1) } : span,
      );
    }
  }

  #noteAsker(asker: Asker, isAlive: (asker: Asker) => boolean): void {
    const gone = [...this.#askers].flatMap(([task, token]) => {
      const isGone = task === asker.task ? token !== asker.token : !isAlive({ task, token });
      return isGone ? [task] : [];
    });
    for (const task of gone) this.#askers.delete(task);
    for (const lane of this.#lanes) {
      lane.open = lane.open.map((span) =>
        span.owner !== undefined && gone.includes(span.owner) ? { ...span, owner: undefined } : span,
      );
    }
    this.#askers.set(asker.task, asker.token);
  }

  #takeAny(asker: Asker, { max, min, window }: Ask, top: Top): HandedOut[] {
    const [lane] = this.#lanes;
    if (!lane) return [];
    const found = takeFree(lane, 0, asker, { max, room: this.#roomForSuspects(asker), inOrder: false });
    const left = max - found.reduce((sum, { from, until }) => sum + until - from, 0);
    const available = top.values - lane.next;
    const isEarly = this.#sharing.order === "input" && lane.next - floorOf(lane) >= window;
    if (left <= 0 || available <= 0 || isEarly || (available < min && !top.ended)) return found;
    // What is left is not for the first to ask alone.
    const size = Math.min(left, available, Math.max(min, Math.ceil(available / this.#askers.size)));
    return [...found, takeNext(lane, 0, asker, size)];
  }

  #takeLanes(asker: Asker, { max }: Ask, top: Top): HandedOut[] {
    const isMine = (lane: Lane) => lane.open.some(({ owner }) => owner === asker.task);
    const isOthers = (lane: Lane) => lane.open.some(({ owner }) => owner !== undefined && owner !== asker.task);
    const hasSome = (lane: Lane) => lane.next < top.values || lane.open.some(({ owner }) => owner === undefined);
    const fair = Math.ceil(this.#lanes.length / this.#askers.size);
    const held = this.#lanes.filter(isMine);
    // Who has more lanes than its share takes no more values of the last ones, until it has let go of them.
    const own = held.slice(0, fair);
    const others = this.#lanes
      .filter((lane) => !isMine(lane) && !isOthers(lane) && hasSome(lane))
      .sort((a, b) => floorOf(a) - floorOf(b))
      .slice(0, Math.max(0, fair - held.length));
    const lanes = [...own.filter(hasSome), ...others];
    const size = Math.ceil((max * this.#lanes.length) / Math.max(lanes.length, 1));
    const room = this.#roomForSuspects(asker);
    return lanes.flatMap((lane) => {
      const found = takeFree(lane, this.#lanes.indexOf(lane), asker, { max: size, room, inOrder: true });
      const available = top.values - lane.next;
      const isBehind = lane.open.some(({ owner }) => owner === undefined);
      if (found.length > 0 || isBehind || available <= 0) return found;
      return [takeNext(lane, this.#lanes.indexOf(lane), asker, Math.min(size, available))];
    });
  }

  /** Who has a suspect gets no other one: should it die, there is no doubt of what. */
  #roomForSuspects({ task }: Asker): { suspects: number } {
    const isSuspect = ({ owner, deliveries }: OpenSpan) => owner === task && deliveries > SUSPECT_DELIVERIES;
    return { suspects: this.#lanes.some(({ open }) => open.some(isSuspect)) ? 0 : 1 };
  }

  /** Cuts a span out of what is open, and puts something in its place; `false` when it is done already. @throws FencedError. */
  #cut(asker: Asker, { lane: index, from, until }: Span, instead: (part: OpenSpan) => OpenSpan | undefined): boolean {
    const lane = this.#lanes[index];
    if (!lane) throw new RangeError(`There is no lane ${index}`);
    let covered = 0;
    const open = lane.open.flatMap((span) => {
      const [first, last] = [Math.max(span.from, from), Math.min(span.until, until)];
      if (first >= last) return [span];
      if (span.owner !== asker.task) throw new FencedError(`Values ${from} to ${until} of a shared input`);
      covered += last - first;
      const part = instead({ ...span, from: first, until: last });
      return [
        ...(span.from < first ? [{ ...span, until: first }] : []),
        ...(part ? [part] : []),
        ...(last < span.until ? [{ ...span, from: last }] : []),
      ];
    });
    if (covered === 0) return false;
    if (covered !== until - from) throw new FencedError(`Values ${from} to ${until} of a shared input`);
    lane.open = open;
    return true;
  }
}

function floorOf({ next, open }: Lane): number {
  return open[0]?.from ?? next;
}

interface FreeAsk {
  readonly max: number;
  /** How many suspects may be among them; counts down. */
  readonly room: { suspects: number };
  /** Whether nothing may be handed out before what comes before it. */
  readonly inOrder: boolean;
}

/**
 * What nobody has any more. Values whose owner was lost are handed out one by one, as one of them may have been why; those
 * that were lost again are suspects.
 */
function takeFree(lane: Lane, index: number, asker: Asker, { max, room, inOrder }: FreeAsk): HandedOut[] {
  const found: OpenSpan[] = [];
  let left = max;
  lane.open = lane.open.flatMap((span) => {
    const isSuspect = span.deliveries >= SUSPECT_DELIVERIES;
    if (span.owner !== undefined || left <= 0 || (isSuspect && room.suspects === 0)) {
      if (inOrder && span.owner === undefined) left = 0;
      return [span];
    }
    const parts: OpenSpan[] = [];
    let { from } = span;
    while (from < span.until && left > 0) {
      const until = span.deliveries > 0 ? from + 1 : Math.min(span.until, from + left);
      const part = { lane: index, from, until, owner: asker.task, deliveries: span.deliveries + 1 };
      parts.push(part);
      found.push(part);
      left -= until - from;
      from = until;
      if (!isSuspect) continue;
      room.suspects = 0;
      if (inOrder && from < span.until) left = 0;
      break;
    }
    return from < span.until ? [...parts, { ...span, from }] : parts;
  });
  return found;
}

function takeNext(lane: Lane, index: number, asker: Asker, size: number): HandedOut {
  const span = { lane: index, from: lane.next, until: lane.next + size, owner: asker.task, deliveries: 1 };
  lane.next += size;
  lane.open.push(span);
  return span;
}
