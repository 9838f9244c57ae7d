import { describe, expect, test } from "vitest";
import { wire } from "../testing/store-conformance/wiring.ts";
import { hasEnded, initialLedger, type Ledger } from "./ledger.ts";
import { changesBetween, eventsSoFar } from "./ledger-changes.ts";
import { apply, type Command } from "./lifecycle.ts";
import type { RunRecord, StreamEnd } from "./store.ts";
import { areKnown, suspectsOf } from "./suspects.ts";

const COMPLETED: StreamEnd = { state: "completed" };
const CANCELLED: StreamEnd = { state: "cancelled", reason: "enough" };
const failed = (message: string): StreamEnd => ({ state: "failed", failure: { name: "Error", message, run: "run" } });

const claim = (task: number, token = `t${task}`): Command => ({ type: "claim", task, token });
const settle = (task: number, end: StreamEnd, token = `t${task}`): Command => ({ type: "settle", task, token, end });
const end = (stream: number, how: StreamEnd): Command => ({ type: "end", stream, end: how });
const stop = (how: StreamEnd): Command => ({ type: "stop", end: how });

/** Applies commands one after the other; each must change something. */
function follow(record: RunRecord, ...commands: readonly Command[]): Ledger {
  return commands.reduce<Ledger>((ledger, command) => {
    const next = apply(record, ledger, command);
    if (!next) throw new Error(`${JSON.stringify(command)} changes nothing`);
    return next;
  }, initialLedger(record));
}

const states = (ledger: Ledger) => ledger.tasks.map((task) => task.state);
const ends = (ledger: Ledger) => ledger.ends.map((how) => how?.state ?? "open");

/** Streams: 0 in, 1 middle, 2 out. */
const CHAIN = wire({
  tasks: [
    { processor: "first", inputs: ["in"], outputs: ["middle"] },
    { processor: "second", inputs: ["middle"], outputs: ["out"], wait: true },
  ],
});
/** Streams: 0 broken, 1 result, 2 other, 3 later. */
const SPLIT_TASKS = [
  { processor: "breaks", outputs: ["broken"] },
  { processor: "reads", inputs: ["broken"], outputs: ["result"] },
  { processor: "other", outputs: ["other"] },
  { processor: "later", inputs: ["other"], outputs: ["later"], wait: true },
];
const SPLIT = wire({ tasks: SPLIT_TASKS });

describe("claims", () => {
  test("a task that waits for nothing is ready at once, also one without inputs that would wait", () => {
    const record = wire({
      tasks: [{ processor: "a" }, { processor: "b", wait: true }, { processor: "c", inputs: ["in"], wait: true }],
    });
    expect(states(initialLedger(record))).toEqual(["ready", "ready", "waiting"]);
  });

  test("a claim takes a ready task, counts the attempt and owns its outputs", () => {
    const before = initialLedger(CHAIN);
    const next = follow(CHAIN, claim(0));
    expect(next.tasks[0]).toEqual({ state: "running", attempt: 1, token: "t0" });
    expect([...changesBetween(CHAIN, before, next).owned]).toEqual([[1, "t0"]]);
  });

  test.each([
    ["a task that runs", follow(CHAIN, claim(0)), claim(0, "another")],
    ["a task that waits", initialLedger(CHAIN), claim(1)],
    ["a task that has settled", follow(CHAIN, claim(0), settle(0, COMPLETED)), claim(0)],
    ["a task that does not exist", initialLedger(CHAIN), claim(9)],
  ])("%s cannot be claimed", (_, ledger, command) => {
    expect(apply(CHAIN, ledger, command)).toBeUndefined();
  });
});

describe("ends of streams", () => {
  test("the last input that completes makes a waiting task ready", () => {
    const record = wire({ tasks: [{ processor: "sums", inputs: ["a", "b"], wait: true }] });
    const one = follow(record, end(0, COMPLETED));
    expect(states(one)).toEqual(["waiting"]);
    const both = follow(record, end(0, COMPLETED), end(1, COMPLETED));
    expect(states(both)).toEqual(["ready"]);
    expect(changesBetween(record, one, both).events).toEqual([{ type: "ready", task: 0, attempt: 1, here: false }]);
  });

  test("a stream ends once, also when it would fail later", () => {
    const ledger = follow(CHAIN, end(0, COMPLETED));
    for (const how of [COMPLETED, CANCELLED, failed("too late")]) expect(apply(CHAIN, ledger, end(0, how))).toBeUndefined();
  });

  test("a supplied input that fails fails the run and the tasks that wait for it", () => {
    const record = wire({
      tasks: [{ processor: "waits", inputs: ["in"], outputs: ["out"], wait: true }, { processor: "apart" }],
    });
    const ledger = follow(record, end(0, failed("source")));
    expect(ledger).toMatchObject({ state: "failed", end: failed("source") });
    expect([states(ledger), ends(ledger)]).toEqual([
      ["failed", "cancelled"],
      ["failed", "failed"],
    ]);
  });

  test("an output that its task ends as failed fails the run, not the task", () => {
    const ledger = follow(SPLIT, claim(0), end(0, failed("half")));
    expect(ledger.state).toBe("failed");
    expect(states(ledger)).toEqual(["running", "ready", "cancelled", "cancelled"]);
    const over = follow(SPLIT, claim(0), end(0, failed("half")), settle(0, COMPLETED), claim(1), settle(1, COMPLETED));
    expect(over.state).toBe("failed");
  });

  test("a cancelled input does not start who waits for it, and the run is not complete", () => {
    const record = wire({ tasks: [{ processor: "waits", inputs: ["in"], outputs: ["out"], wait: true }] });
    const ledger = follow(record, end(0, CANCELLED));
    expect(ledger).toMatchObject({ state: "cancelled", end: CANCELLED, tasks: [{ state: "cancelled", attempt: 0 }] });
  });
});

describe("settling", () => {
  test("ends the outputs that are still open and releases the inputs", () => {
    const before = follow(CHAIN, claim(0));
    const next = follow(CHAIN, claim(0), settle(0, COMPLETED));
    expect(ends(next)).toEqual(["open", "completed", "open"]);
    expect(changesBetween(CHAIN, before, next)).toMatchObject({ released: [0], events: [{ type: "ready", task: 1 }] });
  });

  test("needs the token of the claim", () => {
    expect(apply(CHAIN, follow(CHAIN, claim(0)), settle(0, COMPLETED, "stale"))).toBeUndefined();
    expect(apply(CHAIN, initialLedger(CHAIN), settle(0, COMPLETED))).toBeUndefined();
  });

  test("of the last task ends the run, and with it inputs that nobody has read to their end", () => {
    const before = follow(CHAIN, claim(0), settle(0, COMPLETED), claim(1));
    const next = follow(CHAIN, claim(0), settle(0, COMPLETED), claim(1), settle(1, COMPLETED));
    expect(next.state).toBe("completed");
    expect(next.end).toBeUndefined();
    expect(ends(next)).toEqual(["cancelled", "completed", "completed"]);
    expect(changesBetween(CHAIN, before, next).events).toEqual([{ type: "ended", end: COMPLETED }]);
  });

  test("a task that was cancelled though nobody stopped the run makes it a cancelled one", () => {
    const record = wire({ tasks: [{ processor: "gives up" }, { processor: "other" }] });
    const going = follow(record, claim(0), settle(0, CANCELLED));
    expect(going.state).toBe("running");
    const over = follow(record, claim(0), settle(0, CANCELLED), claim(1), settle(1, COMPLETED));
    expect(over).toMatchObject({
      state: "cancelled",
      end: { state: "cancelled", reason: expect.stringContaining('"gives up"') },
    });
  });
});

describe("failures", () => {
  test("stop what is not downstream", () => {
    const before = follow(SPLIT, claim(0), claim(2));
    const next = follow(SPLIT, claim(0), claim(2), settle(0, failed("broken")));
    expect(states(next)).toEqual(["failed", "ready", "running", "cancelled"]);
    expect(ends(next)).toEqual(["failed", "open", "open", "cancelled"]);
    const { events } = changesBetween(SPLIT, before, next);
    expect(events).toEqual([{ type: "stopped", end: failed("broken"), tasks: [2] }]);
  });

  test("let the others go on where the run is asked to", () => {
    const record = wire({ tasks: SPLIT_TASKS, onError: "continue" });
    const next = follow(record, claim(0), claim(2), settle(0, failed("broken")));
    expect(states(next)).toEqual(["failed", "ready", "running", "waiting"]);
    expect(next).toMatchObject({ state: "failed", stopped: [] });
  });

  test("keep the first one as the reason", () => {
    const record = wire({ tasks: SPLIT_TASKS, onError: "continue" });
    const next = follow(record, claim(0), claim(2), settle(0, failed("first")), settle(2, failed("second")));
    expect(next.end).toEqual(failed("first"));
    expect(states(next)[3]).toBe("failed");
  });

  test("end the run when the last task has settled", () => {
    const commands = [claim(0), settle(0, failed("broken")), claim(1), settle(1, failed("broken"))];
    expect(hasEnded(follow(SPLIT, ...commands.slice(0, 3)))).toBe(false);
    expect(follow(SPLIT, ...commands)).toMatchObject({ state: "failed" });
  });
});

describe("stopping", () => {
  test("settles what does not run, tells what runs, ends all streams", () => {
    const before = follow(CHAIN, claim(0));
    const next = follow(CHAIN, claim(0), stop(CANCELLED));
    expect([states(next), ends(next)]).toEqual([
      ["running", "cancelled"],
      ["cancelled", "cancelled", "cancelled"],
    ]);
    expect(changesBetween(CHAIN, before, next).events).toEqual([{ type: "stopped", end: CANCELLED, tasks: [0] }]);
    expect(apply(CHAIN, next, stop({ state: "cancelled", reason: "again" }))).toBeUndefined();
  });

  test("of a failed run stops what is still going on, and it stays a failed one", () => {
    const record = wire({ tasks: SPLIT_TASKS, onError: "continue" });
    const before = follow(record, claim(0), settle(0, failed("broken")), claim(2));
    const next = follow(record, claim(0), settle(0, failed("broken")), claim(2), stop(CANCELLED));
    expect(next).toMatchObject({ state: "failed", end: failed("broken"), stopped: [2] });
    expect(states(next)).toEqual(["failed", "cancelled", "running", "cancelled"]);
    expect(changesBetween(record, before, next, true).events).toEqual([
      { type: "withdrawn", task: 1, attempt: 1, here: true },
      { type: "stopped", end: failed("broken"), tasks: [2] },
    ]);
    expect(apply(record, next, stop(CANCELLED))).toBeUndefined();
  });

  test("changes nothing once the run has ended, nor when it would complete it", () => {
    const record = wire({ tasks: [{ processor: "only" }] });
    expect(apply(record, follow(record, claim(0), settle(0, COMPLETED)), stop(CANCELLED))).toBeUndefined();
    expect(apply(record, initialLedger(record), stop(COMPLETED))).toBeUndefined();
  });
});

describe("replicas", () => {
  const share = (replicas: number, token = "t0"): Command => ({
    type: "share",
    task: 0,
    token,
    sharing: { replicas, order: "input" },
  });
  const shared = () => follow(CHAIN, claim(0), share(3));

  test("are ready beside the task that is shared, and belong to it", () => {
    const next = shared();
    expect(states(next)).toEqual(["running", "waiting", "ready", "ready"]);
    expect(next.tasks.slice(2)).toEqual([
      { state: "ready", attempt: 0, of: 0 },
      { state: "ready", attempt: 0, of: 0 },
    ]);
    expect(changesBetween(CHAIN, follow(CHAIN, claim(0)), next, true).events).toEqual([
      { type: "ready", task: 2, attempt: 1, here: true, of: 0 },
      { type: "ready", task: 3, attempt: 1, here: true, of: 0 },
    ]);
  });

  test("are made once, by who performs the task", () => {
    expect(apply(CHAIN, shared(), share(5))).toBeUndefined();
    expect(apply(CHAIN, follow(CHAIN, claim(0)), share(3, "other"))).toBeUndefined();
    expect(apply(CHAIN, initialLedger(CHAIN), share(3))).toBeUndefined();
  });

  test("complete their outputs with the last of them, and need their inputs until then", () => {
    const steps = [claim(0), share(3), claim(2), settle(0, COMPLETED), claim(3), settle(3, COMPLETED)];
    const before = follow(CHAIN, ...steps);
    expect(ends(before)).toEqual(["open", "open", "open"]);
    const next = follow(CHAIN, ...steps, settle(2, COMPLETED));
    expect(ends(next)).toEqual(["open", "completed", "open"]);
    expect(states(next)).toEqual(["completed", "ready", "completed", "completed"]);
    expect(changesBetween(CHAIN, before, next).released).toEqual([0]);
    expect(changesBetween(CHAIN, initialLedger(CHAIN), before).released).toEqual([]);
  });

  test("that never began are settled with the one that finds nothing left, and no others", () => {
    const lost: Command = { type: "expire", task: 2, token: "t2", written: 0 };
    const durable = { ...CHAIN, durable: true };
    const steps = [claim(0), share(3), claim(2), lost];
    const next = follow(durable, ...steps, { type: "settle", task: 0, token: "t0", end: COMPLETED, alone: true });
    expect(states(next)).toEqual(["completed", "waiting", "ready", "completed"]);
    expect(next.tasks[2]).toMatchObject({ attempt: 1, of: 0 });
  });

  test("fail together: those that run are told to stop, the others are settled", () => {
    const next = follow(CHAIN, claim(0), share(3), claim(2), settle(2, failed("broken")));
    expect(states(next)).toEqual(["running", "failed", "failed", "cancelled"]);
    expect(ends(next)[1]).toBe("failed");
    expect(next.stopped).toEqual([0]);
    const over = follow(CHAIN, claim(0), share(3), claim(2), settle(2, failed("broken")), settle(0, CANCELLED));
    expect(over.state).toBe("failed");
  });

  test("are stopped with their run", () => {
    const next = follow(CHAIN, claim(0), share(3), claim(3), stop(CANCELLED));
    expect(next.stopped).toEqual([0, 3]);
    expect(states(next)).toEqual(["running", "cancelled", "cancelled", "running"]);
  });

  test("are taken back one by one, as tasks are", () => {
    const durable = { ...CHAIN, durable: true };
    const next = follow(durable, claim(0), share(2), claim(2), { type: "release", task: 0, token: "t0" });
    expect(next.tasks[0]).toMatchObject({ state: "ready", attempt: 1, sharing: { replicas: 2 } });
    expect([...changesBetween(durable, shared(), next).owned]).toEqual([]);
  });
});

describe("values that a task has in hand when it is lost", () => {
  const durable = { ...CHAIN, durable: true };
  const lose = (written = 0): Command[] => [claim(0), { type: "expire", task: 0, token: "t0", written }];
  const hold = (from: number, until: number): Command => ({ type: "hold", task: 0, token: "t0", values: { from, until } });
  const loseWith = (from: number, until: number, written = 0): Command[] => {
    const [begins, ends] = lose(written);
    return [begins, hold(from, until), ends].filter((command) => command !== undefined);
  };
  const suspectsAfter = (...commands: readonly Command[]) => suspectsOf(follow(durable, ...commands).tasks[0] ?? {});

  test("are suspected from the second loss on, whether it got somewhere between or not: first all, then those in hand", () => {
    expect(suspectsAfter(...lose())).toBeUndefined();
    const unknown = suspectsAfter(...lose(1), ...lose(20));
    expect(unknown).toMatchObject({ from: 0, deaths: 2 });
    expect(unknown && areKnown(unknown)).toBe(false);
    const some = [...lose(1), ...lose(20), ...loseWith(24, 28, 24)];
    expect(suspectsAfter(...some)).toEqual({ from: 24, until: 28, deaths: 3 });
    expect(suspectsAfter(...some, ...loseWith(25, 26, 25))).toEqual({ from: 25, until: 26, deaths: 4 });
    // Another one's death is not theirs.
    expect(suspectsAfter(...some, ...loseWith(30, 31, 30))).toEqual({ from: 30, until: 31, deaths: 1 });
  });

  test("are no more so when the task says that nothing is, and stay so when it is given back or lost before it had them", () => {
    const some = [...lose(), ...lose(), ...loseWith(3, 4)];
    const suspects = { from: 3, until: 4, deaths: 3 };
    expect(suspectsAfter(...some, claim(0), { type: "release", task: 0, token: "t0" })).toEqual(suspects);
    expect(suspectsAfter(...some, claim(0), hold(3, 4), { type: "release", task: 0, token: "t0" })).toEqual(suspects);
    expect(suspectsAfter(...some, ...lose())).toEqual(suspects);
    const passed: Command[] = [claim(0), { type: "hold", task: 0, token: "t0", values: undefined }];
    expect(suspectsAfter(...some, ...passed)).toBeUndefined();
    expect(follow(durable, ...some, ...passed).tasks[0]).toEqual({ state: "running", attempt: 4, token: "t0", written: 0 });
  });

  test("do not give up the task, which may set them aside; to be lost without any does", () => {
    const deaths = [...lose(), ...lose(), ...loseWith(3, 4), ...loseWith(3, 4), ...loseWith(3, 4)];
    expect(follow(durable, ...deaths, ...loseWith(3, 4), ...loseWith(3, 4)).tasks[0]).toMatchObject({
      state: "ready",
      losses: 2,
    });
    expect(states(follow(durable, ...deaths, ...lose(), ...lose(), ...lose()))[0]).toBe("failed");
    const replicated = (setsAside: boolean): Command[] => [
      claim(0),
      { type: "share", task: 0, token: "t0", sharing: { replicas: 1, order: "key", ...(setsAside && { setsAside }) } },
      ...lose().slice(1),
    ];
    const four = [...lose(), ...lose(), ...lose(), ...lose()];
    expect(states(follow(durable, ...replicated(false), ...four))[0]).toBe("failed");
    expect(states(follow(durable, ...replicated(true), ...four, ...four))[0]).toBe("ready");
    expect(states(follow(durable, ...replicated(true), ...four, ...four, ...lose()))[0]).toBe("failed");
  });

  test("are named by who performs it, and nobody else", () => {
    expect(apply(durable, follow(durable, claim(0)), { ...hold(0, 1), token: "other" } as Command)).toBeUndefined();
    expect(apply(durable, initialLedger(durable), hold(0, 1))).toBeUndefined();
  });
});

test("a newcomer is told what is so already", () => {
  expect(eventsSoFar(CHAIN, initialLedger(CHAIN))).toEqual([{ type: "ready", task: 0, attempt: 1, here: false }]);
  const stopped = follow(CHAIN, claim(0), stop(CANCELLED));
  expect(eventsSoFar(CHAIN, stopped)).toEqual([{ type: "stopped", end: CANCELLED, tasks: [0] }]);
  const over = follow(CHAIN, claim(0), stop(CANCELLED), settle(0, CANCELLED));
  expect(eventsSoFar(CHAIN, over).map(({ type }) => type)).toEqual(["stopped", "ended"]);
});
