import { describe, expect, it } from "vitest";
import { TrimmedError } from "../../errors.ts";
import type { RunStore, StreamReader, StreamSnapshot } from "../../streams/store.ts";
import { eventually, within } from "../eventually.ts";
import { claimed, Kit, numbers, readAll, readError, readerOf, readSome, type Suite, writerOf, writeToEnd } from "./kit.ts";

const BOUNDS = { highWaterValues: 8, maxBacklogBytes: 1_000_000 };
const PLAIN = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }], bounds: BOUNDS };
const TWO = {
  tasks: [
    { processor: "slow", inputs: ["in"] },
    { processor: "quick", inputs: ["in"] },
  ],
  bounds: BOUNDS,
};

/** What every consumer has passed is dropped, where a stream retains only what is unread; nothing else ever is. */
export function testRetention(suite: Suite): void {
  describe("retention", () => {
    testTrimming(suite);
    testKeeping(suite);
  });
}

function testTrimming(suite: Suite): void {
  const kit = new Kit(suite);

  it("drops what its only consumer has passed", async () => {
    const run = await kit.create(PLAIN);
    const reader = readerOf(run, "in", { as: "reads" });
    await Promise.all([writeToEnd(writerOf(run, "in"), numbers(100)), readSome(reader, 100)]);
    expect(await reader.wait()).toBe(false);
    const stream = await trimmed(run);
    expect(stream).toMatchObject({ values: 100, state: "completed" });
    expect(stream.floor).toBeLessThanOrEqual(100);
  });

  it("tells who asks for what was dropped: never a gap", async () => {
    const run = await kit.create(PLAIN);
    const reader = readerOf(run, "in", { as: "reads" });
    await Promise.all([writeToEnd(writerOf(run, "in"), numbers(100)), readAll(reader, 5)]);
    const { floor } = await trimmed(run);
    for (const late of [readerOf(run, "in"), readerOf(run, "in", { peek: true }), readerOf(run, "in", { from: floor - 1 })]) {
      const error = await readError(late);
      expect(error).toBeInstanceOf(TrimmedError);
      expect((error as TrimmedError).message).toContain('retain: "all"');
    }
    expect(await readAll(readerOf(run, "in", { from: floor }))).toEqual(numbers(100 - floor, floor));
  });

  it("drops nothing that is taken and not passed yet", async () => {
    const run = await kit.create(PLAIN);
    const reader = readerOf(run, "in", { as: "reads" });
    const writing = writeToEnd(writerOf(run, "in"), numbers(40));
    for (let read = 0; read < 40; ) {
      const taken = (await readSome(reader, 1)).length;
      expect((await streamOf(run)).floor, "nothing beyond what was passed is dropped").toBeLessThanOrEqual(read);
      read += taken;
    }
    await writing;
  });

  it("drops what nobody reads when its consumer settles", async () => {
    const run = await kit.create({ tasks: [{ processor: "reads", inputs: ["in"] }, { processor: "goes on" }], bounds: BOUNDS });
    const writer = writerOf(run, "in");
    writer.writeMany(numbers(50));
    await writer.flush();
    expect((await streamOf(run)).floor).toBe(0);
    await run.settle(await claimed(run, "reads"), { state: "completed" });
    expect((await trimmed(run)).backlog).toBe(0);
  });

  it("drops what only one of several readers of a consumer held, when that one leaves", async () => {
    const run = await kit.create(PLAIN);
    const [ahead, behind] = [readerOf(run, "in", { as: "reads" }), readerOf(run, "in", { as: "reads" })];
    const writer = writerOf(run, "in");
    await attach(run, behind);
    writer.writeMany(numbers(6));
    await passAll(ahead, 6);
    expect(await streamOf(run)).toMatchObject({ floor: 0, backlog: 6 });
    behind.close();
    await trimmed(run);
  });
}

function testKeeping(suite: Suite): void {
  const kit = new Kit(suite);

  it("keeps all values where it is asked to", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { ...BOUNDS, retain: "all" } });
    await Promise.all([writeToEnd(writerOf(run, "in"), numbers(100)), readAll(readerOf(run, "in", { as: "reads" }))]);
    // A store need not tell of every step of a consumer at once.
    await eventually(async () => {
      expect(await streamOf(run)).toMatchObject({ values: 100, floor: 0, backlog: 0 });
    });
    for (const from of [0, 50]) expect(await readAll(readerOf(run, "in", { from }))).toEqual(numbers(100 - from, from));
  });

  it("keeps what the slower of two consumers has not passed", async () => {
    const run = await kit.create(TWO);
    const [slow, quick] = [readerOf(run, "in", { as: "slow" }), readerOf(run, "in", { as: "quick" })];
    const writer = writerOf(run, "in");
    writer.writeMany(numbers(8));
    await writer.flush();
    await passAll(quick, 8);
    expect(await streamOf(run)).toMatchObject({ floor: 0, backlog: 8 });
    expect(await readSome(slow, 8)).toEqual(numbers(8));
    await expect(readerOf(run, "in", { peek: true }).wait()).resolves.toBe(true);
    expect(slow.take(1)).toBeUndefined();
    await eventually(async () => {
      expect((await streamOf(run)).backlog).toBe(0);
    });
  });

  it("keeps everything for a consumer that has not started", async () => {
    const run = await kit.create(TWO);
    await Promise.all([writeToEnd(writerOf(run, "in"), numbers(100)), readAll(readerOf(run, "in", { as: "quick" }), 3)]);
    expect(await streamOf(run)).toMatchObject({ floor: 0, backlog: 100 });
    expect(await readAll(readerOf(run, "in", { as: "slow" }))).toEqual(numbers(100));
  });

  it("keeps values for the caller, too, where a stream is an output that drops what was read", async () => {
    const tasks = [
      { processor: "writes", outputs: ["out"] },
      { processor: "reads", inputs: ["out"] },
    ];
    const run = await kit.create({ tasks, bounds: { ...BOUNDS, retain: "unread" }, outputs: ["out"] });
    const writer = writerOf(run, "out", await claimed(run, "writes"));
    await Promise.all([writeToEnd(writer, numbers(50)), readAll(readerOf(run, "out", { as: "reads" }))]);
    expect(await streamOf(run)).toMatchObject({ floor: 0, backlog: 50 });
    expect(await readAll(readerOf(run, "out"))).toEqual(numbers(50));
    await trimmed(run);
  });

  it("drops nothing because somebody looks", async () => {
    const run = await kit.create(PLAIN);
    const peek = readerOf(run, "in", { as: "reads", peek: true });
    await writeToEnd(writerOf(run, "in"), numbers(20));
    expect(await readAll(peek, 3)).toEqual(numbers(20));
    peek.close();
    expect(await streamOf(run)).toMatchObject({ floor: 0, backlog: 20 });
    expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual(numbers(20));
  });
}

/** Takes so many values and marks them as passed. */
async function passAll(reader: StreamReader, count: number): Promise<void> {
  expect(await readSome(reader, count)).toEqual(numbers(count));
  expect(reader.take(1)).toBeUndefined();
}

/** Makes sure that the store knows of a reader. */
async function attach(run: RunStore, reader: StreamReader): Promise<void> {
  reader.wait().catch(() => undefined);
  await within(run.snapshot(), "a snapshot");
}

/** The snapshot of the first stream, once anything of it was dropped. */
function trimmed(run: RunStore): Promise<StreamSnapshot> {
  return eventually(async () => {
    const stream = await streamOf(run);
    expect(stream.floor).toBeGreaterThan(0);
    return stream;
  });
}

async function streamOf(run: RunStore): Promise<StreamSnapshot> {
  const [stream] = (await run.snapshot()).streams;
  if (!stream) throw new Error("The run has no stream");
  return stream;
}
