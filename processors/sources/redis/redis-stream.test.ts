import { Flow, Processor, StreamFailedError, Supervisor, stream } from "datagraph";
import { type RedisRecord, type RedisStreamOptions, redisAcknowledge, redisStream } from "datagraph/sources";
import { TcpProxy } from "datagraph/testing";
import { Redis } from "ioredis";
import { afterAll, beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { fresh } from "../../../test/support/fresh.ts";

const url = inject("redisUrl");
const redis = new Redis(url, { protocol: 2 });
afterAll(() => redis.quit());

let key: string;
beforeEach(() => {
  key = fresh("events");
  onTestFinished(async () => void (await redis.del(key, `${key}:position`)));
});

/** Adds entries with the ids 1-0, 2-0 and so on. */
async function add(count: number, first = 1): Promise<void> {
  for (let i = first; i < first + count; i++) await redis.xadd(key, `${i}-0`, "n", i, "name", `Zoë ${i}`);
}

async function start(options: Partial<RedisStreamOptions> & { refused?: "refused" } = {}) {
  const supervisor = new Supervisor();
  onTestFinished(() => supervisor.close());
  const flow = Flow.fromProcessors(redisStream({ url, stream: key, ...options })).resolve();
  return supervisor.startFlow(flow, {});
}

async function recordsOf(options: Partial<RedisStreamOptions> & { refused?: "refused" } = {}): Promise<RedisRecord[]> {
  const run = await start(options);
  const records = await run.outputs.records.toArray();
  await run.done;
  return records;
}

const idsOf = async (options: Partial<RedisStreamOptions> = {}) => (await recordsOf(options)).map(({ id }) => id);
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}-0`);

async function failureOf(options: Partial<RedisStreamOptions>): Promise<unknown> {
  const error: unknown = await recordsOf(options).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StreamFailedError);
  return (error as StreamFailedError).cause;
}

describe("a stream by itself", () => {
  test.each([1, 7, 500])("is read to what was its end, once and in order, in batches of %i", async (batchSize) => {
    await add(20);
    const records = await recordsOf({ batchSize });
    expect(records.map(({ id }) => id)).toEqual(ids(1, 20));
    expect(records[4]).toEqual({ id: "5-0", fields: { n: "5", name: "Zoë 5" } });
  });

  test("is read from an id on, or has nothing new; one that is not there is empty", async () => {
    await add(10);
    expect(await idsOf({ from: "7-0" })).toEqual(ids(8, 10));
    expect(await idsOf({ from: "7" })).toEqual(ids(8, 10));
    expect(await idsOf({ from: "$" })).toEqual([]);
    expect(await idsOf({ stream: `${key}:none` })).toEqual([]);
  });

  test("is followed: what comes is read as it comes, until the run is stopped", async () => {
    await add(3);
    const run = await start({ until: "follow" });
    const seen: string[] = [];
    for await (const { id } of run.outputs.records) {
      seen.push(id);
      if (seen.length === 3) await add(2, 4);
      if (seen.length === 5) break;
    }
    expect(seen).toEqual(ids(1, 5));
    const before = performance.now();
    await run.cancel("enough");
    await run.done.catch(() => undefined);
    // Not when the server's patience is over.
    expect(performance.now() - before).toBeLessThan(1_500);
  });

  test("goes on where the last run has ended, where its place is kept", async () => {
    await add(5);
    const position = `${key}:position`;
    expect(await idsOf({ position })).toEqual(ids(1, 5));
    expect(await idsOf({ position })).toEqual([]);
    await add(5, 6);
    expect(await idsOf({ position, from: "2-0" })).toEqual(ids(6, 10));
    expect(await redis.get(position)).toBe("10-0");
  });

  test("has values of the kinds that are named, whatever fields are called", async () => {
    const bytes = Buffer.from([0, 255, 254]);
    await redis.xadd(key, "1-0", "__proto__", "p", "doc", '{"a": 1.0, "b": 12345678901234567890}', "raw", bytes, "", "");
    const [record] = await recordsOf({ json: ["doc"], bytes: ["raw"] });
    expect(Object.entries(record?.fields ?? {})).toEqual([
      ["__proto__", "p"],
      ["doc", { a: { float: 1 }, b: 12345678901234567890n }],
      ["raw", new Uint8Array(bytes)],
      ["", ""],
    ]);
  });

  test("entries that cannot be read fail the run, or are set aside, with their id", async () => {
    await redis.xadd(key, "1-0", "doc", '{"secret": 1');
    await redis.xadd(key, "2-0", "doc", "2");
    await redis.xadd(key, "3-0", "doc", Buffer.from([255]));
    await redis.xadd(key, "4-0", "doc", "4", "doc", "5");
    const failure = await failureOf({ json: ["doc"] });
    expect(failure).toMatchObject({
      code: "BAD_RECORD",
      message: expect.stringMatching(/entry 1-0: the field "doc" is not JSON/),
    });
    expect(failure).toMatchObject({ message: expect.not.stringContaining("secret") });
    const run = await start({ json: ["doc"], refused: "refused" });
    expect(await run.outputs.records.toArray()).toEqual([{ id: "2-0", fields: { doc: 2 } }]);
    const refused = await run.outputs.refused.toArray();
    expect(refused.map(({ problem, text }) => [problem.replace(/.*entry /, ""), text])).toEqual([
      ['1-0: the field "doc" is not JSON.', 'doc {"secret": 1'],
      ['3-0: the field "doc" is not UTF-8 ("bytes" names the fields that are bytes).', "doc \ufffd"],
      ['4-0: it has the field "doc" twice.', "doc 4 doc 5"],
    ]);
  });

  test("is not what cannot be one", async () => {
    await redis.set(key, "text");
    expect(await failureOf({})).toMatchObject({
      code: "SOURCE",
      message: expect.stringContaining("something else than a stream"),
    });
    const away = await failureOf({ url: "redis://me:secret@127.0.0.1:1/0" });
    expect(away).toMatchObject({ code: "SOURCE", message: expect.stringContaining("cannot be reached (ECONNREFUSED)") });
    expect(JSON.stringify(away, Object.getOwnPropertyNames(away))).not.toContain("secret");
    for (const wrong of [
      { stream: "" },
      { from: "yesterday" },
      { until: "noon" as never },
      { batchSize: 0 },
      { group: "g", position: "p" },
    ])
      expect(() => redisStream({ url, stream: key, ...wrong })).toThrow(/^Redis stream: /);
  });
});

describe("a stream read by a group", () => {
  const group = "readers";
  const pending = async () => (await redis.xpending(key, group))[0];

  test("is acknowledged when it is stored, and read once by however many runs", async () => {
    await add(30);
    const both = await Promise.all([idsOf({ group, batchSize: 5 }), idsOf({ group, batchSize: 5 })]);
    expect(both.flat().sort(byNumber)).toEqual(ids(1, 30));
    expect(await pending()).toBe(0);
    await add(2, 31);
    expect(await idsOf({ group })).toEqual(ids(31, 32));
    // Nobody is left behind in the group.
    expect(await redis.xinfo("CONSUMERS", key, group)).toEqual([]);
  });

  test("has what a consumer that is gone did not acknowledge", async () => {
    await add(5);
    await redis.xgroup("CREATE", key, group, "0");
    await redis.xreadgroup("GROUP", group, "gone", "COUNT", 3, "STREAMS", key, ">");
    await redis.xdel(key, "2-0");
    expect(await idsOf({ group, claimAfterMs: 3_600_000 })).toEqual(ids(4, 5));
    await expect.poll(() => idsOf({ group, claimAfterMs: 1 })).toEqual(["1-0", "3-0"]);
    expect(await pending()).toBe(0);
  });

  test("is acknowledged by whoever is done with it, where that is declared", async () => {
    await add(10);
    const handle = new Processor({
      name: "handle",
      inputs: { records: stream<RedisRecord>() },
      outputs: { done: stream<string>() },
    });
    handle.implementEach({}, ({ id }) => (id === "7-0" ? undefined : { done: id }));
    const source = redisStream({ url, stream: key, group, acknowledge: "elsewhere", batchSize: 3 });
    const flow = Flow.fromProcessors(source, handle, redisAcknowledge({ url, stream: key, group })).resolve();
    await using supervisor = new Supervisor();
    await (await supervisor.startFlow(flow, {})).done;
    const left = await redis.xpending(key, group, "-", "+", 10);
    expect(left).toEqual([["7-0", expect.any(String), expect.any(Number), 1]]);
  });

  test("loses nothing when connections break before their replies arrive", async () => {
    await add(60);
    await using proxy = await TcpProxy.start(url);
    const run = await start({ url: proxy.url, group, batchSize: 3 });
    const seen: string[] = [];
    const broken = (async () => {
      for (let i = 0; i < 5; i++) await proxy.resetAfterRequest(1, (bytes) => /xreadgroup|xack/i.test(String(bytes)));
    })();
    for await (const { id } of run.outputs.records) seen.push(id);
    await Promise.all([broken, run.done]);
    expect(seen.sort(byNumber)).toEqual(ids(1, 60));
    expect(await pending()).toBe(0);
  });

  test("says so when its group is deleted", async () => {
    await add(1);
    const run = await start({ group, until: "follow" });
    for await (const _ of run.outputs.records) break;
    await redis.xgroup("DESTROY", key, group);
    await expect(run.done).rejects.toMatchObject({
      cause: { code: "SOURCE", message: expect.stringContaining("its group is gone") },
    });
  });
});

function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10);
}
