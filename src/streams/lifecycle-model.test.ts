import { expect, test } from "vitest";
import { fc } from "../../test/support/random.ts";
import { type Wiring, wire } from "../testing/store-conformance/wiring.ts";
import { hasEnded, initialLedger, isSettled, type Ledger } from "./ledger.ts";
import { changesBetween, eventsSoFar } from "./ledger-changes.ts";
import { apply, type Command } from "./lifecycle.ts";
import type { RunEvent, RunRecord, StreamEnd } from "./store.ts";

/** Streams `s0`, `s1`, …: those that no task writes are supplied. Tasks read streams of earlier tasks, and supplied ones. */
const wirings: fc.Arbitrary<Wiring> = fc
  .array(
    fc.record({
      wait: fc.boolean(),
      outputs: fc.integer({ min: 0, max: 2 }),
      inputs: fc.array(fc.nat(20), { maxLength: 3 }),
      supplied: fc.nat(2),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .chain((tasks) =>
    fc.constantFrom("cancel" as const, "continue" as const).map((onError) => {
      const written: string[] = [];
      const wired = tasks.map(({ wait, outputs, inputs, supplied }, index) => {
        const read = written.length === 0 ? [] : inputs.map((pick) => written[pick % written.length] as string);
        const own = Array.from({ length: outputs }, (_, i) => `s${index}.${i}`);
        written.push(...own);
        return {
          processor: `p${index}`,
          wait,
          inputs: [...new Set([...read, ...(supplied > 0 ? [`in${supplied}`] : [])])],
          outputs: own,
        };
      });
      return { tasks: wired, onError };
    }),
  );

const ends: fc.Arbitrary<StreamEnd> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<StreamEnd>({ state: "completed" }) },
  fc.nat(9).map((i): StreamEnd => ({ state: "failed", failure: { name: "Error", message: `failure ${i}`, run: "run" } })),
  fc.nat(9).map((i): StreamEnd => ({ state: "cancelled", reason: `reason ${i}` })),
);
const TOKENS = ["a", "b"];
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant("claim" as const), task: fc.nat(12), token: fc.constantFrom(...TOKENS) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("settle" as const),
      task: fc.nat(12),
      token: fc.constantFrom(...TOKENS),
      end: ends,
      alone: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("share" as const),
      task: fc.nat(7),
      token: fc.constantFrom(...TOKENS),
      sharing: fc.record({ replicas: fc.integer({ min: 1, max: 3 }), order: fc.constant("none" as const) }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("end" as const), stream: fc.nat(12), end: ends }) },
  fc.record({ type: fc.constant("stop" as const), end: ends }),
);

/** What has happened to a run, and what must never happen. */
class History {
  readonly record: RunRecord;
  ledger: Ledger;
  readonly events: RunEvent[] = [];
  readonly released: number[] = [];
  readonly ended: number[] = [];

  constructor(record: RunRecord) {
    this.record = record;
    this.ledger = initialLedger(record);
    this.events.push(...eventsSoFar(record, this.ledger));
  }

  apply(command: Command): void {
    // Streams that do not exist are nobody's command.
    if (command.type === "end" && command.stream >= this.record.streams.length) return;
    const before = deepFreeze(this.ledger);
    const after = apply(this.record, before, command);
    expect(JSON.stringify(apply(this.record, JSON.parse(JSON.stringify(before)), command)), "as after a journey").toBe(
      JSON.stringify(after),
    );
    if (!after) return;
    expect(apply(this.record, after, command), `${command.type} twice changes nothing`).toBeUndefined();
    const { events, released, ended } = changesBetween(this.record, before, after);
    this.events.push(...events);
    this.released.push(...released);
    this.ended.push(...ended.keys());
    this.#checkStep(before, after);
    this.ledger = after;
  }

  /** What is decided stays so. */
  #checkStep(before: Ledger, after: Ledger): void {
    before.tasks.forEach((task, i) => {
      if (isSettled(task.state)) expect(after.tasks[i]).toEqual(task);
    });
    // Replicas stay where they are, behind the tasks of the record.
    expect(after.tasks.slice(0, before.tasks.length).map(({ of }) => of)).toEqual(before.tasks.map(({ of }) => of));
    before.ends.forEach((end, i) => {
      if (end) expect(after.ends[i]).toEqual(end);
    });
    if (before.state !== "running") expect(after.state).toBe(before.state);
    if (before.end) expect(after.end).toEqual(before.end);
    after.tasks.forEach(({ state }, i) => {
      const complete = this.record.tasks[i]?.inputs.every((stream) => after.ends[stream]?.state === "completed");
      const { wait = false, inputs = [] } = this.record.tasks[i] ?? {};
      if (state === "ready" && wait && inputs.length > 0) expect(complete, "ready means that its inputs are complete").toBe(true);
      if (state === "waiting") expect(complete, "who waits waits for something").toBe(false);
    });
  }

  check(): void {
    const readies = this.events.flatMap((event) => (event.type === "ready" ? [event.task] : []));
    const stops = this.events.flatMap((event) => (event.type === "stopped" ? event.tasks : []));
    for (const list of [readies, stops, this.released, this.ended]) expect(new Set(list).size, "once").toBe(list.length);
    const ended = this.events.filter((event) => event.type === "ended").length;
    expect(ended).toBe(hasEnded(this.ledger) ? 1 : 0);
    if (ended > 0) expect(this.events.at(-1)?.type).toBe("ended");
    // Whoever has missed the steps in between knows as much.
    const jump = changesBetween(this.record, initialLedger(this.record), this.ledger);
    expect([...jump.ended.keys()].sort()).toEqual([...this.ended].sort());
    expect([...jump.released].sort()).toEqual([...this.released].sort());
  }

  /** Everybody does what they must: feeds end, tasks that can be claimed are, and settle. */
  finish(): void {
    this.record.streams.forEach(({ producer }, stream) => {
      if (producer === undefined) this.apply({ type: "end", stream, end: { state: "completed" } });
    });
    for (const _ of this.record.tasks) {
      this.ledger.tasks.forEach((_task, task) => {
        this.apply({ type: "claim", task, token: "last" });
        const { token } = this.ledger.tasks[task] ?? {};
        if (token !== undefined) this.apply({ type: "settle", task, token, end: { state: "completed" } });
      });
    }
  }
}

test("a run of any shape keeps its promises, whatever is asked of it and in whatever order", () => {
  const property = fc.property(wirings, fc.array(commands, { maxLength: 60 }), (wiring, asked) => {
    const history = new History(wire(wiring));
    for (const command of asked) history.apply(command);
    history.check();
    history.finish();
    history.check();
    const { ledger } = history;
    expect(hasEnded(ledger), "no state is stuck").toBe(true);
    expect(
      ledger.ends.every((end) => end),
      "every stream has ended",
    ).toBe(true);
    expect(history.released).toHaveLength(history.record.tasks.length);
    if (ledger.state === "completed") expect(ledger.tasks.every(({ state }) => state === "completed")).toBe(true);
    else expect(ledger.end?.state).toBe(ledger.state);
  });
  fc.assert(property, { numRuns: 1000 });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
