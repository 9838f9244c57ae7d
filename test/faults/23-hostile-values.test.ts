/** Promises 23 and 24: what comes from outside alters nothing, and what cannot be sent is refused before it is sent. */
import { EncodingError, Flow, Processor, StreamFailedError, stream } from "datagraph";
import { expect, inject, test } from "vitest";
import { hostileValues, keptByEvery, sharedPrototypes } from "../../src/testing/codec-samples.ts";
import { within } from "../../src/testing/eventually.ts";
import { firstDifference } from "../../src/testing/first-difference.ts";
import { echo } from "./kit/flows.ts";
import { chainOf, client, errorOf, figure, makeSupervisor, SOAK } from "./kit/scene.ts";

const COUNT = SOAK ? 100_000 : 5_000;

/** Values that look as if they wanted something. */
const HOSTILE: readonly unknown[] = [
  ...Object.values(keptByEvery),
  JSON.parse('{"__proto__":{"polluted":true}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
  JSON.parse('{"toJSON":"no function","then":"no promise","valueOf":null}'),
  { length: 1e9, 0: "not a list" },
  "\u0000\u2028'; DROP",
  "EVAL",
  "*1\r\n$8\r\nFLUSHALL\r\n",
];

test(`${COUNT} hostile values come out as they went in, and no prototype is altered`, { timeout: 60_000 }, async () => {
  const before = sharedPrototypes();
  const supervisor = makeSupervisor({ redis: inject("redisUrl") });
  const source = function* () {
    for (let i = 0; i < COUNT; i++) yield HOSTILE[i % HOSTILE.length];
  };
  const run = await supervisor.startFlow(echo<unknown>(), { value: source() });
  let seen = 0;
  for await (const value of run.outputs.echoed) {
    const difference = firstDifference(value, HOSTILE[seen++ % HOSTILE.length]);
    if (difference !== undefined) throw new Error(`Value ${seen}: ${difference}`);
  }
  expect(seen).toBe(COUNT);
  expect(sharedPrototypes()).toEqual(before);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  figure("23", `${COUNT} hostile values through a flow`);
});

for (const [what, make] of Object.entries(hostileValues)) {
  test(`not serialisable: ${what}`, async () => {
    const error = await refused(make());
    expect(chainOf(error).some((cause) => cause instanceof EncodingError)).toBe(true);
  });
}

test("a value over the limit is refused with its size, and nothing of it is sent", async () => {
  const limit = 1024 * 1024;
  const redis = client(inject("redisUrl"));
  const input = async () => Number(/total_net_input_bytes:(\d+)/.exec(await redis.info("stats"))?.[1]);
  expect(await echoes("x".repeat(limit - 100))).toHaveLength(1);
  const before = await input();
  const error = await refused("x".repeat(2 * limit));
  expect(error.message).toMatch(/takes 20971\d\d bytes; the limit is 1048576/);
  // Other tests use the same server, too: small things.
  expect((await input()) - before).toBeLessThan(limit);
  figure("24", error.message.slice(0, 140));
});

test("the limit is an option", async () => {
  expect((await refused("x".repeat(2_000), 1_000)).message).toMatch(/takes 2\d\d\d bytes; the limit is 1000/);
  expect(await echoes("x".repeat(2_000_000), 3_000_000)).toHaveLength(1);
});

test("too deep a value is refused", async () => {
  let deep: unknown = 1;
  for (let i = 0; i < 10_000; i++) deep = [deep];
  const error = await refused(deep);
  expect(chainOf(error).some((cause) => cause instanceof EncodingError)).toBe(true);
  expect(error.message).toMatch(/deep|nested|inside/);
});

test("a handler's refused value fails what is downstream of it, after the values before it", async () => {
  const supervisor = makeSupervisor({ redis: inject("redisUrl") });
  const bad = new Processor({ name: "bad", inputs: { n: stream<number>() }, outputs: { a: stream<unknown>() } });
  bad.implementEach({}, (n) => ({ a: n === 3 ? () => "a function" : n }));
  const next = new Processor({ name: "next", inputs: { a: stream<unknown>() }, outputs: { b: stream<unknown>() } });
  next.implementEach({}, (value) => ({ b: value }));
  const run = await supervisor.startFlow(Flow.fromProcessors(bad, next).resolve(), { n: [1, 2, 3, 4] });
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const value of run.outputs.b) seen.push(value);
  })();
  const error = await within(errorOf(reading), "the failure");
  expect(error).toBeInstanceOf(StreamFailedError);
  expect((error as StreamFailedError).failure).toMatchObject({ name: "EncodingError", processor: "bad" });
  expect(seen).toEqual([1, 2]);
  expect(await errorOf(run.done)).toBeInstanceOf(StreamFailedError);
});

async function echoes(value: unknown, maxValueBytes?: number): Promise<unknown[]> {
  const supervisor = makeSupervisor({ redis: inject("redisUrl"), ...(maxValueBytes !== undefined && { maxValueBytes }) });
  const run = await supervisor.startFlow(echo<unknown>(), { value: [value] });
  return run.outputs.echoed.toArray();
}

/** What everybody gets when a supplied value is refused. */
async function refused(value: unknown, maxValueBytes?: number): Promise<Error> {
  const supervisor = makeSupervisor({ redis: inject("redisUrl"), ...(maxValueBytes !== undefined && { maxValueBytes }) });
  const run = await supervisor.startFlow(echo<unknown>(), { value: [1, value, 2] });
  const outcomes = [errorOf(run.outputs.echoed.toArray()), errorOf(run.done)];
  const errors = await within(Promise.all(outcomes), "the failure");
  for (const error of errors) expect(error).toBeInstanceOf(StreamFailedError);
  return errors[0] ?? new Error("There is one");
}
