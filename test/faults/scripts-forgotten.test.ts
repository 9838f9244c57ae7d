/** A server that forgets its scripts (a restart, a failover, SCRIPT FLUSH) in the middle of everything. */
import { expect, test } from "vitest";
import { within } from "../../src/testing/eventually.ts";
import { readAll, readerOf, writerOf, writeToEnd } from "../../src/testing/store-conformance/kit.ts";
import { wire } from "../../src/testing/store-conformance/wiring.ts";
import { fresh } from "../support/fresh.ts";
import { client, figure, openStore, startServer } from "./kit/scene.ts";

test("nothing is lost, doubled or out of order while SCRIPT FLUSH goes on", { timeout: 60_000 }, async () => {
  const server = await startServer();
  const store = await openStore({ url: server.url });
  const redis = client(server.url);
  const { run } = await store.create(
    wire({ tasks: [{ processor: "reads", inputs: ["in"] }], id: fresh(), bounds: { highWaterValues: 20_000 } }),
  );
  let flushes = 0;
  let over = false;
  const flushing = (async () => {
    while (!over) {
      await redis.script("FLUSH");
      flushes++;
    }
  })();
  const values = Array.from({ length: 500_000 }, (_, i) => i);
  const reading = readAll(readerOf(run, "in", { as: "reads" }));
  await within(writeToEnd(writerOf(run, "in"), values), "the writer", { deadlineMs: 40_000 });
  expect(await reading).toEqual(values);
  over = true;
  await flushing;
  expect(flushes).toBeGreaterThan(10);
  figure("scripts", `${values.length} values in order through ${flushes} flushes`);
});
