import { describe, expect, inject, test } from "vitest";
import { CancelledError } from "../errors.ts";
import { Flow } from "../flow/flow.ts";
import { Processor } from "../processor/processor.ts";
import { stream } from "../processor/schema.ts";
import { Supervisor } from "../supervisor/supervisor.ts";

const counting = new Processor({ name: "counting", outputs: { n: stream<number>() } }).implement(async function* () {
  for (let n = 0; ; n++) yield { n };
});
const flow = Flow.fromProcessors(counting).resolve();

describe.each([
  ["memory", () => new Supervisor()],
  ["redis", () => new Supervisor({ redis: inject("redisUrl") })],
])("a reader that holds values when its run is cancelled, in %s", (_, makeSupervisor) => {
  test("iterating gives none of them any more", async () => {
    await using supervisor = makeSupervisor();
    const run = await supervisor.startFlow(flow);
    const read: number[] = [];
    const reading = async () => {
      for await (const n of run.outputs.n) {
        read.push(n);
        if (read.length === 5) await run.cancel("enough");
      }
    };
    await expect(reading()).rejects.toThrow(CancelledError);
    expect(read).toEqual([0, 1, 2, 3, 4]);
  });

  test("merging streams gives none of them any more", async () => {
    await using supervisor = makeSupervisor();
    const run = await supervisor.startFlow(flow);
    let read = 0;
    const reading = async () => {
      for await (const _value of run.outputs.n.asAvailable()) if (++read === 5) await run.cancel("enough");
    };
    await expect(reading()).rejects.toThrow(CancelledError);
    expect(read).toBe(5);
  });

  test("a batch is the last one", async () => {
    await using supervisor = makeSupervisor();
    const run = await supervisor.startFlow(flow);
    let batches = 0;
    const reading = async () => {
      for await (const _batch of run.outputs.n.batches({ maxSize: 1 })) if (++batches === 5) await run.cancel("enough");
    };
    await expect(reading()).rejects.toThrow(CancelledError);
    expect(batches).toBe(5);
  });
});
