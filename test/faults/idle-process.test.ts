/** Connections and timers keep no idle process alive, and no process ends while it waits for something. */
import { expect, test } from "vitest";
import { within } from "../../src/testing/eventually.ts";
import { fresh } from "../support/fresh.ts";
import { Counter, counting } from "./kit/flows.ts";
import { Program } from "./kit/program.ts";
import { figure, makeSupervisor, startProxy, startServer } from "./kit/scene.ts";

test("a program that has read its outputs ends by itself", async () => {
  const server = await startServer();
  const program = new Program("idle", { redis: server.url });
  const { at } = await program.says("values");
  const ended = await within(program.ended, "the program to end", { deadlineMs: 5_000 });
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.at - Number(at)).toBeLessThan(2_000);
  figure("idle", `ended ${Math.round(ended.at - Number(at))} ms after its last value`);
});

test("a program that waits for a run of another process stays until that has ended, and no longer", async () => {
  const server = await startServer();
  const counter = new Counter();
  const run = await makeSupervisor({ redis: server.url }).startFlow(counting(), { n: counter }, { id: fresh() });
  const looking = new Program("idle", { redis: server.url, mode: "look", run: run.id });
  const waiting = new Program("idle", { redis: server.url, mode: "watch", run: run.id });
  await waiting.says("waiting");
  // The one that only looked has ended by itself; the other one is still there.
  expect(await within(looking.ended, "the program that looked to end")).toMatchObject({ code: 0 });
  counter.stop();
  await run.outputs.out.toArray();
  await waiting.says("done");
  expect(await within(waiting.ended, "the program to end")).toMatchObject({ code: 0, stderr: "" });
});

test("an idle program ends while its server is away, a waiting one does not", { timeout: 30_000 }, async () => {
  await Promise.all((["killed", "a black hole"] as const).map((outage) => loseServer(outage)));
});

async function loseServer(outage: "killed" | "a black hole"): Promise<void> {
  const server = await startServer({ appendonly: "always" });
  const proxy = await startProxy(server.url);
  const counter = new Counter();
  const run = await makeSupervisor({ redis: server.url }).startFlow(counting(), { n: counter }, { id: fresh() });
  const options = { redis: { url: proxy.url, client: { socketTimeout: 1_000, connectTimeout: 1_000 } }, run: run.id };
  const waiting = new Program("idle", { ...options, mode: "watch" });
  const idle = new Program("idle", { ...options, mode: "linger" });
  await Promise.all([waiting.says("waiting"), idle.says("idle")]);
  if (outage === "killed") await server.kill();
  else proxy.blackhole(true);
  const { at } = await idle.says("over");
  const ended = await within(idle.ended, "the idle program to end");
  expect(ended.code).toBe(0);
  figure("idle", `server ${outage}: ended ${Math.round(ended.at - Number(at))} ms after its last line`);
  // It cannot connect: that is an error at once, or when the time to connect is up.
  const late = new Program("idle", { ...options, mode: "look" });
  expect(await within(late.ended, "the program to give up")).toMatchObject({ code: 1 });
  expect(waiting.all("done")).toEqual([]);
  if (outage === "killed") await server.restart();
  else proxy.blackhole(false);
  counter.stop();
  await run.outputs.out.toArray();
  await waiting.says("done");
  expect(await within(waiting.ended, "the program to end")).toMatchObject({ code: 0 });
}
