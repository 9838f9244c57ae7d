import { expect, test } from "vitest";
import { SupervisorStateError } from "../errors.ts";
import { testExecutor } from "../testing/executor-conformance.ts";
import { LocalExecutor } from "./local.ts";

testExecutor("local", () => new LocalExecutor());

test("a local executor belongs to one supervisor", () => {
  const executor = new LocalExecutor();
  const host = { perform: async () => {}, log: console };
  executor.start(host);
  expect(() => executor.start(host)).toThrow(SupervisorStateError);
});

test("a local executor performs a task again that was over: only its run knows whether it is done", async () => {
  const executor = new LocalExecutor();
  let performed = 0;
  executor.start({
    perform: async () => {
      performed++;
    },
    log: console,
  });
  const task = { run: "run", processor: "again", index: 0, attempt: 1 };
  await executor.dispatch(task);
  await executor.dispatch(task);
  expect(performed).toBe(1);
  await new Promise(setImmediate);
  await executor.dispatch(task);
  await executor.close();
  expect(performed).toBe(2);
});
