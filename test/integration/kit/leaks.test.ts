/** The watch over what tests leave behind sees what it is there to see. */
import { createServer } from "node:net";
import { Flow, Processor, Supervisor } from "datagraph";
import { expect, inject, test } from "vitest";
import { fresh } from "../../support/fresh.ts";
import { LeakWatch } from "./leaks.ts";

const SOON = 50;

function flow() {
  const processor = new Processor({ name: "one", outputs: ["n"] });
  return Flow.fromProcessors(processor.implement(async () => ({ n: 1 }))).resolve();
}

async function leakOf(leave: () => Promise<() => unknown>): Promise<string> {
  const leaks = new LeakWatch();
  const cleanUp = await leave();
  const outcome = await leaks.end(SOON).then(
    () => "nothing",
    (error: Error) => error.message,
  );
  await cleanUp();
  return outcome;
}

test("nothing is left by who leaves nothing", async () => {
  const leave = async () => {
    await using supervisor = new Supervisor();
    await (await supervisor.startFlow(flow())).done;
    return () => undefined;
  };
  expect(await leakOf(leave)).toBe("nothing");
});

test("a timer of the library, also one that keeps nothing alive", async () => {
  const leave = async () => {
    const supervisor = new Supervisor();
    // The run is forgotten in an hour.
    await (await supervisor.startFlow(flow())).done;
    return () => supervisor.close();
  };
  expect(await leakOf(leave)).toContain("timers that were left");
});

test("connections", async () => {
  const leave = async () => {
    const supervisor = new Supervisor({ redis: { url: inject("redisUrl"), prefix: `${fresh()}:` } });
    await supervisor.runs();
    return () => supervisor.close();
  };
  expect(await leakOf(leave)).toMatch(/were left/);
});

test("handles", async () => {
  const leave = async () => {
    const server = createServer().listen(0);
    await new Promise((resolve) => server.once("listening", resolve));
    return () => server.close();
  };
  expect(await leakOf(leave)).toContain("handles that were left");
});

test("listeners on the process", async () => {
  const listener = () => {};
  const leave = async () => {
    process.on("SIGUSR2", listener);
    return () => process.off("SIGUSR2", listener);
  };
  expect(await leakOf(leave)).toMatch(/were left/);
});

test("warnings", async () => {
  const leave = async () => {
    process.emitWarning("eleven listeners");
    return () => undefined;
  };
  expect(await leakOf(leave)).toContain("unhandled rejections and warnings");
});
