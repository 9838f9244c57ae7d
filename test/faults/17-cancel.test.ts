/** Promise 17: cancelling from another process fires every signal within 1 s, and leaves nothing but a tombstone. */
import { CancelledError } from "datagraph";
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { fresh } from "../support/fresh.ts";
import { Program } from "./kit/program.ts";
import { client, errorOf, figure, makeSupervisor, startServer } from "./kit/scene.ts";

test("every handler's signal, every reader, every key", { timeout: 40_000 }, async () => {
  const server = await startServer();
  const id = fresh();
  const program = new Program("cancelled-flow", { redis: server.url, run: id });
  await program.says("running");
  const run = await makeSupervisor({ redis: server.url }).run(id);
  const reading = errorOf(run.outputs.more?.toArray() ?? Promise.resolve());
  const start = performance.now();
  await run.cancel("from elsewhere");
  await eventually(() => expect(program.all("signal")).toHaveLength(4));
  const signals = program.all("signal");
  expect(signals.map(({ processor }) => processor).sort()).toEqual(["each", "endless", "fetches", "idle"]);
  const last = Math.max(...signals.map(({ at }) => Number(at))) - start;
  expect(last).toBeLessThan(1_000);
  for (const { reason } of signals) expect(reason).toContain("from elsewhere");
  expect(await within(reading, "the reader")).toBeInstanceOf(CancelledError);
  expect(await within(errorOf(run.done), "the run")).toMatchObject({ reason: "from elsewhere" });
  const { code } = await within(program.ended, "the program to end by itself", { deadlineMs: 5_000 });
  expect(code).toBe(0);
  expect(await program.says("done")).toMatchObject({ error: "CancelledError", reason: "from elsewhere" });

  const redis = client(server.url);
  const keys = await redis.keys("*");
  expect(keys.sort()).toEqual([`dg:runs`, `dg:{${id}}:run`].sort());
  for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
  figure("17", `4 signals after ${Math.round(last)} ms; keys left: ${keys.join(", ")}, both expiring`);
});

test("a run of which streams have completed leaves nothing more", async () => {
  const server = await startServer();
  const id = fresh();
  const program = new Program("cancelled-flow", { redis: server.url, run: id });
  await program.says("running");
  const supervisor = makeSupervisor({ redis: server.url });
  await (await supervisor.run(id)).cancel();
  await within(program.ended, "the program to end");
  const again = await supervisor.run(id);
  expect((await again.status()).state).toBe("cancelled");
  expect(await within(errorOf(again.outputs.more?.toArray() ?? Promise.resolve()), "a late reader")).toBeInstanceOf(
    CancelledError,
  );
});
