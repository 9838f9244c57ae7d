import { describe, expect, it } from "vitest";
import type { RunStore } from "../../streams/store.ts";
import { within } from "../eventually.ts";
import {
  COMPLETED,
  claimed,
  Kit,
  numbers,
  readAll,
  readerOf,
  readSome,
  type Suite,
  writeAll,
  writerOf,
  writeToEnd,
} from "./kit.ts";

const COUNT = 40;
const VALUES = numbers(COUNT);
/** So tight that nothing goes through without a buffer that grows. */
const TIGHT = { highWaterValues: 2, highWaterBytes: 64, maxBacklogBytes: 64 };

/** What would finish with unbounded buffers finishes with bounded ones. */
export function testDeadlock(suite: Suite): void {
  describe("bounds that would deadlock", () => {
    testBranches(suite);
    testOthers(suite);
  });
}

function testBranches(suite: Suite): void {
  const kit = new Kit(suite);
  const wiring = {
    tasks: [
      { processor: "forks", outputs: ["left", "right"] },
      { processor: "joins", inputs: ["left", "right"], outputs: ["out"] },
    ],
  };

  it("grows when two outputs of a task are read one after the other", async () => {
    const run = await kit.create({ ...wiring, bounds: TIGHT });
    const forking = fork(run);
    const claim = await claimed(run, "joins");
    const left = await readAll(readerOf(run, "left", { as: "joins" }));
    const right = await readAll(readerOf(run, "right", { as: "joins" }));
    await run.settle(claim, COMPLETED);
    await within(forking, "the writer");
    expect([left, right]).toEqual([VALUES, VALUES]);
  });

  it("grows when both are attached and one is left for later", async () => {
    const run = await kit.create({ ...wiring, bounds: TIGHT });
    const forking = fork(run);
    const [left, right] = [readerOf(run, "left", { as: "joins" }), readerOf(run, "right", { as: "joins" })];
    const first = await readSome(right, 1);
    expect(await readAll(left)).toEqual(VALUES);
    expect([...first, ...(await readAll(right))]).toEqual(VALUES);
    await within(forking, "the writer");
  });

  it("grows across several tasks", async () => {
    const tasks = [
      { processor: "forks", outputs: ["left", "right"] },
      { processor: "passes on", inputs: ["left"], outputs: ["via"] },
      { processor: "joins", inputs: ["via", "right"] },
    ];
    const run = await kit.create({ tasks, bounds: TIGHT });
    const forking = fork(run);
    const passing = passOn(run, "passes on", "left", "via");
    const right = readerOf(run, "right", { as: "joins" });
    const first = await readSome(right, 1);
    expect(await readAll(readerOf(run, "via", { as: "joins" }))).toEqual(VALUES);
    expect([...first, ...(await readAll(right))]).toEqual(VALUES);
    await within(Promise.all([forking, passing]), "the writers");
  });
}

function testOthers(suite: Suite): void {
  const kit = new Kit(suite);

  it("grows for a task that waits until its input is complete", async () => {
    const tasks = [
      { processor: "writes", outputs: ["all"] },
      { processor: "sums", inputs: ["all"], wait: true },
    ];
    const run = await kit.create({ tasks, bounds: TIGHT });
    const writing = writeTask(run, "writes", ["all"]);
    await claimed(run, "sums");
    expect(await readAll(readerOf(run, "all", { as: "sums" }))).toEqual(VALUES);
    await writing;
  });

  it("grows when the caller reads outputs one after the other", async () => {
    const run = await kit.create({ tasks: [{ processor: "forks", outputs: ["left", "right"] }], bounds: TIGHT });
    const forking = fork(run);
    expect(await readAll(readerOf(run, "right"))).toEqual(VALUES);
    expect(await readAll(readerOf(run, "left"))).toEqual(VALUES);
    await within(forking, "the writer");
  });

  it("grows when a supplied input is read by two tasks, of which one waits for the other", async () => {
    const tasks = [
      { processor: "sums", inputs: ["in"], outputs: ["sum"] },
      { processor: "compares", inputs: ["in", "sum"] },
    ];
    const run = await kit.create({ tasks, bounds: TIGHT });
    const supplying = writeToEnd(writerOf(run, "in"), VALUES);
    const sums = await claimed(run, "sums");
    const summing = readAll(readerOf(run, "in", { as: "sums" })).then(async (values) => {
      await writeAll(writerOf(run, "sum", sums), [values.length]);
      await run.settle(sums, COMPLETED);
    });
    const rest = readerOf(run, "in", { as: "compares" });
    const first = await readSome(rest, 1);
    expect(await readAll(readerOf(run, "sum", { as: "compares" }))).toEqual([COUNT]);
    expect([...first, ...(await readAll(rest))]).toEqual(VALUES);
    await within(Promise.all([supplying, summing]), "the writers");
  });

  it("grows for a reader that starts beyond what the bounds allow", async () => {
    const tasks = [{ processor: "writes", outputs: ["out"] }];
    const run = await kit.create({ tasks, bounds: TIGHT });
    const writing = writeTask(run, "writes", ["out"]);
    expect(await readAll(readerOf(run, "out", { from: COUNT - 2 }))).toEqual(VALUES.slice(-2));
    await writing;
  });
}

/** Performs `forks`: writes every value to both of its outputs. */
function fork(run: RunStore): Promise<void> {
  return writeTask(run, "forks", ["left", "right"]);
}

async function writeTask(run: RunStore, processor: string, outputs: readonly string[]): Promise<void> {
  const claim = await claimed(run, processor);
  const writers = outputs.map((output) => writerOf(run, output, claim));
  for (const value of VALUES) {
    for (const writer of writers) writer.write(value);
    for (const writer of writers) if (writer.full) await within(writer.room(), `room after value ${value}`);
  }
  await run.settle(claim, COMPLETED);
}

async function passOn(run: RunStore, processor: string, input: string, output: string): Promise<void> {
  const claim = await claimed(run, processor);
  const reader = readerOf(run, input, { as: processor });
  const writer = writerOf(run, output, claim);
  while (await within(reader.wait(), `values to pass on`)) {
    for (let values = reader.take(1); values; values = reader.take(1)) await writeAll(writer, values);
  }
  reader.close();
  await run.settle(claim, COMPLETED);
}
