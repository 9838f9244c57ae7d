/** Key prefixes: systems that share a server do not see each other, and leave no key that does not begin with theirs. */
import { Flow, Processor, stream } from "datagraph";
import { expect, test } from "vitest";
import { BullMQExecutor } from "../../src/executors/bullmq.ts";
import { eventually, within } from "../../src/testing/eventually.ts";
import { Counter, counting } from "./kit/flows.ts";
import { client, errorOf, makeSupervisor, startServer } from "./kit/scene.ts";

test("two prefixes on one server: the same run id is two runs, and neither sees the other's", async () => {
  const server = await startServer();
  const [red, blue] = ["red:", "blue:"].map((prefix) => makeSupervisor({ redis: { url: server.url, prefix } }));
  const started = await Promise.all([
    red?.startFlow(counting(), { n: [1] }, { id: "same" }),
    blue?.startFlow(counting(), { n: [5] }, { id: "same" }),
  ]);
  expect(await Promise.all(started.map((run) => run?.outputs.out.toArray()))).toEqual([[3], [7]]);
  await red?.startFlow(counting(), { n: [1] }, { id: "only red" });
  expect((await red?.runs())?.map(({ id }) => id).sort()).toEqual(["only red", "same"]);
  expect((await blue?.runs())?.map(({ id }) => id)).toEqual(["same"]);
  expect((await errorOf(Promise.resolve(blue?.run("only red")))).message).toMatch(/only red/);
});

test("every key and channel begins with the prefix, BullMQ's too, and workers take no tasks of another prefix", async () => {
  const server = await startServer();
  const redis = client(server.url);
  const make = (prefix: string) =>
    makeSupervisor({ redis: { url: server.url, prefix }, executor: new BullMQExecutor(), leaseMs: 1_000 });
  const add = () => {
    const one = new Processor({ name: "add", inputs: { n: stream<number>() }, outputs: { sum: stream<number>() } });
    return one;
  };
  const taken: string[] = [];
  const stop = new AbortController();
  const working = ["red:", "blue:"].map((prefix) => {
    const processor = add();
    processor.implementEach({}, (n) => {
      taken.push(`${prefix}${n}`);
      return { sum: n + 1 };
    });
    return make(prefix).work({ processors: [processor], signal: stop.signal });
  });
  const [red, counter] = [make("red:"), new Counter()];
  const run = await red.startFlow(Flow.fromProcessors(add()).resolve(), { n: counter });
  await eventually(() => expect(taken.length).toBeGreaterThan(10));
  // While it goes on: also the keys and channels that exist only then.
  expect(
    (await redis.keys("*")).filter(
      (key) => !key.startsWith("red:") && !/^blue:(declared:add|q:add:(meta|stalled-check))$/.test(key),
    ),
  ).toEqual([]);
  expect((await redis.pubsub("SHARDCHANNELS")).sort()).toEqual([
    expect.stringMatching(/^blue:to:/),
    ...[0, 1].map(() => expect.stringMatching(/^red:to:/)),
  ]);
  expect(await redis.keys("red:*")).toEqual(
    expect.arrayContaining(["red:runs", "red:attention", "red:q:add:meta", `red:{${run.id}}:run`]),
  );
  counter.stop();
  await within(run.done, "the run");
  expect(taken.filter((value) => !value.startsWith("red:"))).toEqual([]);
  stop.abort();
  await Promise.all(working);
  expect((await redis.keys("*")).filter((key) => !/^(red|blue):/.test(key))).toEqual([]);
});
