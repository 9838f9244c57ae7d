import { Flow, Supervisor } from "datagraph";
import { type RedisRecord, type RedisStreamOptions, redisStream } from "datagraph/sources";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { fresh } from "../../../test/support/fresh.ts";
import { RedisCluster, type RedisServer } from "../../../test/support/redis.ts";

let cluster: RedisCluster;
let redis: Cluster;
beforeAll(async () => {
  cluster = await RedisCluster.start({ replicas: true });
  redis = new Cluster(cluster.urls.map((url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) })));
}, 60_000);
afterAll(async () => {
  redis?.disconnect();
  await cluster?.stop();
});

/** Entries with the ids 1-0, 2-0 and so on. */
async function add(key: string, count: number, first = 1): Promise<void> {
  for (let i = first; i < first + count; i++) await redis.xadd(key, `${i}-0`, "n", i);
}

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}-0`);

/** A stream whose slot this master has. */
function streamOn(server: RedisServer): string {
  for (;;) {
    const key = fresh("events");
    if (cluster.masterOf(key) === server) return key;
  }
}

async function start(stream: string, options: Partial<RedisStreamOptions> = {}) {
  const supervisor = new Supervisor();
  onTestFinished(() => supervisor.close());
  const source = redisStream({ cluster: cluster.urls, stream, ...options });
  return supervisor.startFlow(Flow.fromProcessors(source).resolve(), {});
}

async function idsOf(stream: string, options: Partial<RedisStreamOptions> = {}): Promise<string[]> {
  const run = await start(stream, options);
  const records = await run.outputs.records.toArray();
  await run.done;
  return records.map(({ id }) => id);
}

/** What is followed, as it comes. */
async function following(stream: string, options: Partial<RedisStreamOptions> = {}) {
  const run = await start(stream, { until: "follow", ...options });
  const seen: RedisRecord[] = [];
  const reading = (async () => {
    for await (const record of run.outputs.records) seen.push(record);
  })().catch(() => {});
  return {
    ids: () => seen.map(({ id }) => id),
    stop: async () => {
      await run.cancel("enough");
      await reading;
    },
  };
}

describe("a stream on a cluster", () => {
  test("is read wherever it is, alone and in a group; the place is kept beside it", async () => {
    for (const master of cluster.masters) {
      const [stream, position] = [streamOn(master), fresh("position")];
      await add(stream, 20);
      expect(await idsOf(stream, { batchSize: 7 })).toEqual(ids(1, 20));
      expect(await idsOf(stream, { cluster: undefined as never, url: cluster.urls.join(","), from: "18-0" })).toEqual(
        ids(19, 20),
      );
      expect(await idsOf(stream, { position })).toEqual(ids(1, 20));
      await add(stream, 3, 21);
      expect(await idsOf(stream, { position })).toEqual(ids(21, 23));
      expect(await idsOf(stream, { group: "g", batchSize: 10 })).toEqual(ids(1, 23));
      const pending = await redis.xpending(stream, "g");
      expect(pending[0]).toBe(0);
    }
  });

  test.each([{}, { group: "g" }])(
    "that moves to another master is read on, each entry once (%o)",
    async (options) => {
      const [from, to] = cluster.masters as [RedisServer, RedisServer];
      const stream = streamOn(from);
      await add(stream, 10);
      const reading = await following(stream, options);
      await expect.poll(reading.ids).toEqual(ids(1, 10));
      await cluster.move(stream, to);
      await add(stream, 10, 11);
      await expect.poll(reading.ids, { timeout: 20_000 }).toEqual(ids(1, 20));
      await reading.stop();
    },
    60_000,
  );

  test.each([{}, { group: "g" }])(
    "whose master dies is read on at its replica, each entry once (%o)",
    async (options) => {
      const stream = streamOn(cluster.masters[2] as RedisServer);
      const master = await masterOf(stream);
      await add(stream, 10);
      const reading = await following(stream, options);
      await expect.poll(reading.ids).toEqual(ids(1, 10));
      await replicated(stream);
      await master.kill();
      await expect.poll(() => redis.xadd(stream, "11-0", "n", 11).catch(() => "not yet"), { timeout: 20_000 }).toBe("11-0");
      await add(stream, 9, 12);
      await expect.poll(reading.ids, { timeout: 30_000 }).toEqual(ids(1, 20));
      await reading.stop();
      await master.restart();
      await expect
        .poll(
          async () =>
            replicated(stream).then(
              () => true,
              () => false,
            ),
          { timeout: 20_000 },
        )
        .toBe(true);
    },
    90_000,
  );

  test("whose nodes are all away is told of without credentials", async () => {
    const run = await start("s", { cluster: ["redis://ann:secret@127.0.0.1:1", "redis://127.0.0.1:2"] });
    const error: unknown = await run.done.catch((thrown: unknown) => thrown);
    expect(String((error as Error).cause ?? error)).toMatch(/the cluster at 127\.0\.0\.1:1, 127\.0\.0\.1:2/);
    expect(JSON.stringify(error)).not.toContain("secret");
  });
});

/** Who has the stream now. */
async function masterOf(stream: string): Promise<RedisServer> {
  for (const server of cluster.servers) {
    const node = redis.nodes("master").find(({ options }) => options.port === server.port);
    const found = await node?.call("XLEN", stream).then(
      () => true,
      () => false,
    );
    if (found) return server;
  }
  throw new Error(`nobody has ${stream}`);
}

/** Its replica has what it has. */
async function replicated(stream: string): Promise<void> {
  const master = await masterOf(stream);
  const node = redis.nodes("master").find(({ options }) => options.port === master.port);
  await expect.poll(() => node?.call("WAIT", "1", "500"), { timeout: 15_000 }).toBeGreaterThan(0);
}
