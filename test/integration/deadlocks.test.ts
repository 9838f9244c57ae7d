/** Bounds never deadlock a flow, whatever else goes on in it; and they hold where nothing is deadlocked. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Flow, Processor } from "datagraph";
import { expect } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, collect, eventually, within } from "./kit/testing.ts";
import { gate, number, numbers } from "./kit/values.ts";

/** Writes every value to `a` and `b`. */
function fork() {
  const processor = new Processor({ name: "fork", inputs: { n: number }, outputs: { a: number, b: number } });
  return processor.implementEach({}, (n) => ({ a: n, b: n }));
}

/** Reads all of `a`, then all of `b`, of which it holds a reader from the start. */
function oneAfterTheOther() {
  const processor = new Processor({ name: "join", inputs: { a: number, b: number }, outputs: { out: number } });
  return processor.implement(async function* ({ a, b }) {
    const later = b.stream();
    const first = await later.next();
    for await (const value of a) yield { out: value };
    if (!first.done) yield { out: first.value };
    for await (const value of later) yield { out: value };
  });
}

onEveryStore("a deadlock is broken although another branch of the run is busy all the time", async (makeSupervisor) => {
  const busy = new Processor({ name: "busy", outputs: { tick: number } });
  busy.implement(async function* () {
    for (let i = 0; ; i++) {
      await nextTurn();
      yield { tick: i };
    }
  });
  const flow = Flow.fromProcessors(busy, fork(), oneAfterTheOther()).resolve();
  const options = { streams: { tick: { retain: "unread" } }, defaults: { highWater: { values: 4 } } } as const;
  await using run = await makeSupervisor().startFlow(flow, { n: numbers(200) }, options);
  const ticking = collect(run.outputs.tick).catch(() => undefined);
  expect(await within(run.outputs.out.toArray(), "the join", { deadlineMs: 5_000 })).toEqual([...numbers(200), ...numbers(200)]);
  await run.cancel();
  await ticking;
});

onEveryStore(
  "a buffer that grew to break a deadlock is logged once, and shown with its bound",
  async (makeSupervisor, { logged }) => {
    const flow = Flow.fromProcessors(fork(), oneAfterTheOther()).resolve();
    const run = await makeSupervisor().startFlow(flow, { n: numbers(200) }, { defaults: { highWater: { values: 4 } } });
    expect(await within(run.outputs.out.toArray(), "the join")).toEqual([...numbers(200), ...numbers(200)]);
    const { streams } = await run.progress();
    expect(streams.b?.bound).toBeGreaterThan(64);
    expect(streams.out?.bound).toBeUndefined();
    const lines = logged.lines.filter(({ message }) => message.includes('Stream "b"'));
    expect(lines).toEqual([
      {
        level: "debug",
        message: `Stream "b" of run ${run.id} may run further ahead: its bounds alone would have blocked the run`,
        fields: { values: expect.any(Number) },
      },
    ]);
  },
);

onEveryStore("many deadlocks one behind the other are broken in good time", async (makeSupervisor) => {
  const stages = numbers(6).flatMap((i) => {
    const split = new Processor({ name: `fork${i}`, inputs: [`n${i}`], outputs: [`a${i}`, `b${i}`] }) as Processor;
    split.implementEach({}, (n) => ({ [`a${i}`]: n, [`b${i}`]: n }) as { out: unknown });
    const join = new Processor({ name: `join${i}`, inputs: [`a${i}`, `b${i}`], outputs: [`n${i + 1}`] }) as Processor;
    join.implement(async function* (inputs) {
      const later = inputs[`b${i}`]?.stream();
      await later?.next();
      for await (const value of inputs[`a${i}`] ?? []) yield { [`n${i + 1}`]: value } as { out: unknown };
      await later?.return?.();
    });
    return [split, join];
  });
  const flow = Flow.fromProcessors(...stages).resolve();
  const run = await makeSupervisor().startFlow(flow, { n0: numbers(100) }, { defaults: { highWater: { values: 1 } } });
  expect(
    await within((run.outputs.n6 ?? run.outputs.none)?.toArray() ?? Promise.resolve([]), "the last join", { deadlineMs: 8_000 }),
  ).toEqual(numbers(100));
});

onEveryStore(
  "a reader that is merely slow is not taken for a deadlock, also while it waits for another stream",
  async (makeSupervisor) => {
    let written = 0;
    const produce = new Processor({ name: "produce", outputs: { a: number, b: number } });
    produce.implement(async function* () {
      for (; written < 5_000; written++) yield { a: written };
      yield { b: 1 };
    });
    const enough = gate();
    let ahead = 0;
    const slow = new Processor({ name: "slow", inputs: { a: number, b: number }, outputs: { out: number } });
    slow.implement(async function* ({ a, b }) {
      const waiting = b.stream().next();
      let seen = 0;
      for await (const value of a) {
        // Slow for a while, and busy with something that the runtime cannot see.
        if (++seen <= 30) await new Promise((resolve) => setTimeout(resolve, 30));
        if (seen === 30) {
          ahead = written - value;
          enough.open();
        }
      }
      yield { out: (await waiting).value ?? 0 };
    });
    const flow = Flow.fromProcessors(produce, slow).resolve();
    const run = await makeSupervisor().startFlow(flow, {}, { defaults: { highWater: { values: 4 } } });
    await within(enough.opened, "thirty values");
    // Four, doubled a few times in the first values' time, before it was clear that the reader goes on.
    expect(ahead).toBeLessThanOrEqual(512);
    expect(await run.outputs.out.toArray()).toEqual([1]);
  },
);

onEveryStore(
  "a writer that waits for a consumer to start goes on when it does, before it has passed a value",
  async (makeSupervisor) => {
    const produce = new Processor({ name: "produce", outputs: { a: number, begin: number } });
    const held = gate();
    produce.implement(async function* () {
      yield { a: 0 };
      yield { a: 1 };
      yield { begin: 1 };
    });
    const consume = new Processor({ name: "consume", inputs: { a: number, go: number }, outputs: { out: number } });
    consume.implement(async function* ({ a, go }) {
      await go.first();
      const values = a.stream();
      const first = await values.next();
      await held.opened;
      const second = await values.next();
      yield { out: (first.value ?? 0) + (second.value ?? 0) };
    });
    const go = new ControlledSource<number>();
    const flow = Flow.fromProcessors(produce, consume).resolve();
    // Room for one value until the consumer starts, for three once it has.
    const run = await makeSupervisor().startFlow(flow, { go }, { streams: { a: { maxBacklog: 1, highWater: { values: 3 } } } });
    await eventually(async () => {
      expect((await run.status()).waits).toEqual(['the writer of "a" waits for "consume" to read it']);
    });
    go.push(1);
    go.end();
    expect(await within(run.outputs.begin.toArray(), "the producer", { deadlineMs: 2_000 })).toEqual([1]);
    held.open();
    expect(await run.outputs.out.toArray()).toEqual([1]);
  },
);
