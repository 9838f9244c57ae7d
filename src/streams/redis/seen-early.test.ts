/** When readers in the writer's own process see a value: as soon as nothing but the end of both could keep it from being stored. */
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { fresh } from "../../../test/support/fresh.ts";
import { RedisServer } from "../../../test/support/redis.ts";
import { readerOf, writerOf } from "../../testing/store-conformance/kit.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import type { StreamReader } from "../store.ts";
import { connectRedisStore } from "./redis-store.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function whileTheServerIsSilent(durable: boolean) {
  const server = await RedisServer.start();
  onTestFinished(() => server.stop());
  const store = await connectRedisStore({ url: server.url, log, leaseMs: 60_000 });
  onTestFinished(() => store.close());
  const record = { ...wire({ id: fresh(), tasks: [{ processor: "only", inputs: ["in"], outputs: ["out"] }] }), durable };
  const { run } = await store.create(record);
  const writer = writerOf(run, "in");
  const reader = readerOf(run, "in", { as: "only" });
  writer.write("before");
  expect(await taken(reader)).toEqual(["before"]);
  await writer.flush();
  server.pause();
  writer.write("meanwhile");
  return { server, reader, run, writer };
}

async function taken(reader: StreamReader): Promise<readonly unknown[] | undefined> {
  expect(await reader.wait()).toBe(true);
  return reader.take(10);
}

test("in a run that ends with this process, at once", async () => {
  const { server, reader, run, writer } = await whileTheServerIsSilent(false);
  expect(await taken(reader)).toEqual(["meanwhile"]);
  server.resume();
  await writer.flush();
  expect((await run.snapshot()).streams[0]).toMatchObject({ state: "open", values: 2 });
});

test("in a run that outlives it, once the server has confirmed it", async () => {
  const { server, reader } = await whileTheServerIsSilent(true);
  const next = taken(reader);
  // The server's silence is what is tested: nothing signals that nothing comes.
  expect(await Promise.race([next, delay(200, "nothing")])).toBe("nothing");
  server.resume();
  expect(await next).toEqual(["meanwhile"]);
});
