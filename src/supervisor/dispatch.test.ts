/** What goes to the executor with a task. */
import { expect, test } from "vitest";
import type { Executor, Task } from "../executors/executor.ts";
import { MemoryStore } from "../streams/memory/memory-store.ts";
import { type Wiring, wire } from "../testing/store-conformance/wiring.ts";
import { dispatchTask } from "./dispatch.ts";
import { stderrLog } from "./log.ts";

const CHAIN: Wiring = { durable: true, tasks: [{ processor: "first", inputs: ["in"], outputs: ["out"] }] };

async function dispatched(wiring: Wiring, attempt = 1, task = 0): Promise<Task | undefined> {
  const { run } = await new MemoryStore().create(wire(wiring));
  const tasks: Task[] = [];
  const executor: Executor = {
    local: false,
    start: () => undefined,
    dispatch: async (each) => void tasks.push(each),
    close: async () => undefined,
  };
  await dispatchTask(run.record, { task, attempt, of: 0 }, executor, stderrLog);
  expect(tasks).toHaveLength(1);
  expect(tasks[0]).toMatchObject({ run: run.record.id, processor: "first", index: task, attempt });
  return tasks[0];
}

test("the record of its run, where that is short and the store needs not be asked how the task goes on", async () => {
  expect((await dispatched(CHAIN))?.record).toEqual(wire(CHAIN));
  const many = Array.from({ length: 100 }, (_, i) => ({ processor: `other${i}`, inputs: ["in"], outputs: [`out${i}`] }));
  expect(await dispatched({ ...CHAIN, tasks: [...CHAIN.tasks, ...many] })).not.toHaveProperty("record");
  expect(await dispatched(CHAIN, 2)).not.toHaveProperty("record");
  // Another replica is none of the record's tasks.
  expect(await dispatched(CHAIN, 1, 1)).not.toHaveProperty("record");
  expect(await dispatched({ ...CHAIN, durable: false })).not.toHaveProperty("record");
});
