import { describe, expect, test } from "vitest";
import { fc } from "../../test/support/random.ts";
import { type ConsumerKey, Consumers, type Cursor, type Position } from "./flow-control.ts";
import type { StreamBounds, StreamRecord } from "./store.ts";

function streamOf(consumers: readonly number[], output: boolean, bounds: Partial<StreamBounds> = {}): StreamRecord {
  return {
    name: "stream",
    consumers,
    output,
    bounds: { retain: "unread", highWaterValues: 4, highWaterBytes: 100, maxBacklogBytes: 200, ...bounds },
  };
}

const at = (values: number, bytes = values): Position => ({ values, bytes });
const blockersOf = (consumers: Consumers, top: Position) => consumers.blockers(top).map(({ consumer, why }) => [consumer, why]);

describe("who holds a writer back", () => {
  test("nobody, before anybody reads", () => {
    const consumers = new Consumers(streamOf([0], false));
    expect(consumers.full(at(50))).toBe(false);
    expect(consumers.blockers(at(50))).toEqual([]);
  });

  test("an attached reader that is a high water mark behind, in values or in bytes", () => {
    const consumers = new Consumers(streamOf([0], false));
    const cursor = consumers.attach(0);
    expect([consumers.full(at(3)), consumers.full(at(4)), consumers.full(at(1, 99)), consumers.full(at(1, 100))]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(blockersOf(consumers, at(4))).toEqual([[0, "behind"]]);
    Object.assign(cursor, at(2));
    expect([consumers.full(at(5)), consumers.full(at(6))]).toEqual([false, true]);
  });

  test("a consumer that has not started, once the backlog is at its limit", () => {
    const consumers = new Consumers(streamOf([0, 1], true));
    expect([consumers.full(at(9, 199)), consumers.full(at(9, 200))]).toEqual([false, true]);
    expect(blockersOf(consumers, at(9, 200))).toEqual([0, 1, "caller"].map((consumer) => [consumer, "unstarted"]));
    for (const consumer of [0, 1, "caller"] as const) consumers.release(consumer);
    expect(consumers.full(at(9, 200))).toBe(false);
  });

  test("a reader that attaches later counts from its start", () => {
    const consumers = new Consumers(streamOf([0], false));
    expect(consumers.full(at(50))).toBe(false);
    const cursor = consumers.attach(0);
    expect(consumers.full(at(50))).toBe(true);
    consumers.detach(cursor);
    expect(consumers.full(at(50))).toBe(false);
  });

  test("fewer, when the bounds have grown", () => {
    const consumers = new Consumers(streamOf([0], false));
    consumers.attach(0);
    expect([consumers.bound, consumers.full(at(4))]).toEqual([4, true]);
    consumers.grow();
    expect([consumers.bound, consumers.full(at(4)), consumers.full(at(7)), consumers.full(at(8))]).toEqual([
      8,
      false,
      false,
      true,
    ]);
  });
});

/** What the books must say, from a plain list of what every consumer has done. */
class Model {
  readonly record: StreamRecord;
  top: Position = at(0);
  floor = 0;
  scale = 1;
  readonly expected: readonly ConsumerKey[];
  readonly cursors = new Map<Cursor, ConsumerKey>();
  readonly started = new Set<ConsumerKey>();
  readonly released = new Set<ConsumerKey>();

  constructor(record: StreamRecord) {
    this.record = record;
    this.expected = record.output ? [...record.consumers, "caller"] : record.consumers;
  }

  /** The lowest value that anybody still needs. */
  needed(consumers: Iterable<ConsumerKey>): number {
    const all = [...consumers].flatMap((consumer) => {
      const places = [...this.cursors].filter(([, owner]) => owner === consumer).map(([cursor]) => cursor.values);
      if (places.length > 0) return places;
      return this.released.has(consumer) ? [] : [0];
    });
    return Math.min(this.top.values, ...all);
  }

  full(): boolean {
    const { highWaterValues, highWaterBytes, maxBacklogBytes } = this.record.bounds;
    const behind = [...this.cursors.keys()].some(
      ({ values, bytes }) =>
        this.top.values >= values + highWaterValues * this.scale || this.top.bytes >= bytes + highWaterBytes * this.scale,
    );
    const unstarted = this.expected.some(
      (consumer) => !this.released.has(consumer) && ![...this.cursors.values()].includes(consumer),
    );
    return behind || (unstarted && this.top.bytes >= maxBacklogBytes * this.scale);
  }
}

const keys = fc.constantFrom<ConsumerKey>(0, 1, 2, "caller");
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("write" as const), values: fc.integer({ min: 1, max: 5 }), each: fc.nat(40) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("pass" as const), cursor: fc.nat(), values: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("attach" as const), consumer: keys }) },
  fc.record({ do: fc.constant("detach" as const), cursor: fc.nat() }),
  fc.record({ do: fc.constant("release" as const), consumer: keys }),
  fc.record({ do: fc.constant("grow" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does a step in both, as a store would. */
function perform(move: Step, consumers: Consumers, model: Model): void {
  const pick = (index: number) => [...model.cursors.keys()][index % Math.max(model.cursors.size, 1)];
  if (move.do === "write") model.top = at(model.top.values + move.values, model.top.bytes + move.values * move.each);
  if (move.do === "grow") {
    consumers.grow();
    model.scale *= 2;
  }
  if (move.do === "attach") {
    model.cursors.set(consumers.attach(move.consumer), move.consumer);
    model.released.delete(move.consumer);
  }
  if (move.do === "release") {
    consumers.release(move.consumer);
    model.released.add(move.consumer);
    for (const [cursor, owner] of model.cursors) if (owner === move.consumer) model.cursors.delete(cursor);
  }
  const cursor = move.do === "pass" || move.do === "detach" ? pick(move.cursor) : undefined;
  if (cursor && move.do === "pass") {
    // A cursor only moves on, and not beyond what is written.
    const values = Math.min(cursor.values + move.values, model.top.values);
    const share = model.top.values === 0 ? 0 : values / model.top.values;
    Object.assign(cursor, at(values, Math.max(cursor.bytes, Math.floor(model.top.bytes * share))));
  }
  if (cursor && move.do === "detach") {
    const owner = model.cursors.get(cursor) as ConsumerKey;
    consumers.detach(cursor);
    model.cursors.delete(cursor);
    if (![...model.cursors.values()].includes(owner)) model.released.add(owner);
  }
}

test("trimming never passes what any reader or consumer still needs, and a writer waits exactly while it must", () => {
  const streams = fc
    .record({
      consumers: fc.uniqueArray(fc.nat(2), { maxLength: 3 }),
      output: fc.boolean(),
      retain: fc.constantFrom("unread" as const, "all" as const),
      highWaterValues: fc.integer({ min: 1, max: 10 }),
      highWaterBytes: fc.integer({ min: 1, max: 200 }),
      maxBacklogBytes: fc.integer({ min: 1, max: 400 }),
    })
    .map(({ consumers, output, ...bounds }) => streamOf(consumers, output, bounds));
  const property = fc.property(streams, fc.array(step, { maxLength: 60 }), (record, steps) => {
    const consumers = new Consumers(record);
    const model = new Model(record);
    for (const move of steps) {
      perform(move, consumers, model);
      const needed = model.needed(new Set([...model.expected, ...model.cursors.values()]));
      expect(consumers.floor(model.top.values)).toBe(record.bounds.retain === "all" ? 0 : needed);
      expect(consumers.backlog(model.top.values)).toBe(model.top.values - model.needed(model.expected));
      expect(consumers.full(model.top)).toBe(model.full());
      expect(consumers.blockers(model.top).length > 0).toBe(model.full());
    }
  });
  fc.assert(property, { numRuns: 1000 });
});
