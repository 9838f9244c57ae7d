import { describe, expect, it } from "vitest";
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

const PLAIN = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }] };

/** Values go in at one end and come out at the others, in order. */
export function testAppendingAndReading(suite: Suite): void {
  describe("appending and reading", () => {
    testReaders(suite);
    testTaking(suite);
    testWriting(suite);
  });
}

function testReaders(suite: Suite): void {
  const kit = new Kit(suite);

  it("gives every reader all values in order, at its own pace", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { retain: "all" } });
    const early = readerOf(run, "in", { as: "reads" });
    const together = readAll(early, 3);
    await writeToEnd(writerOf(run, "in"), numbers(500));
    const late = [1, 7, 1000].map((max) => readAll(readerOf(run, "in"), max));
    for (const values of [await together, ...(await Promise.all(late))]) expect(values).toEqual(numbers(500));
  });

  it("skips as many values as a reader asks for, also those that are still to come", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { retain: "all" } });
    const ahead = readAll(readerOf(run, "in", { as: "reads", from: 15 }));
    const beyond = readAll(readerOf(run, "in", { from: 25 }));
    const writer = writerOf(run, "in");
    await writeAll(writer, numbers(10));
    await writer.flush();
    const atTheTop = readAll(readerOf(run, "in", { from: 10 }));
    const inside = readAll(readerOf(run, "in", { from: 4 }), 2);
    await writeToEnd(writer, numbers(10, 10));
    expect(await ahead).toEqual(numbers(5, 15));
    expect(await beyond).toEqual([]);
    expect(await atTheTop).toEqual(numbers(10, 10));
    expect(await inside).toEqual(numbers(16, 4));
  });

  it("lets somebody peek at the first value before the stream is read", async () => {
    const run = await kit.create(PLAIN);
    const peek = readerOf(run, "in", { as: "reads", peek: true });
    const first = readSome(peek, 1);
    await writeToEnd(writerOf(run, "in"), ["first", "second"]);
    expect(await first).toEqual(["first"]);
    peek.close();
    expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual(["first", "second"]);
  });

  it("ends at once for readers of a stream without values, whenever they come", async () => {
    const run = await kit.create(PLAIN);
    const early = readAll(readerOf(run, "in", { as: "reads" }));
    await writerOf(run, "in").end(COMPLETED);
    expect(await early).toEqual([]);
    const late = readerOf(run, "in");
    expect(late.take(10)).toBeUndefined();
    expect(await late.wait()).toBe(false);
    expect(await late.wait()).toBe(false);
  });

  it("keeps streams and runs apart", async () => {
    const wiring = { tasks: [{ processor: "reads", inputs: ["a", "b"] }] };
    const runs = await Promise.all([kit.create(wiring), kit.create(wiring)]);
    const places = runs.flatMap((run, i) =>
      ["a", "b"].map((stream) => ({ run, stream, values: numbers(20, 100 * i + stream.charCodeAt(0)) })),
    );
    await Promise.all(places.map(({ run, stream, values }) => writeToEnd(writerOf(run, stream), values)));
    for (const { run, stream, values } of places) expect(await readAll(readerOf(run, stream, { as: "reads" }))).toEqual(values);
  });
}

function testTaking(suite: Suite): void {
  const kit = new Kit(suite);

  it("gives at most as many values as asked for, undefined when none is here", async () => {
    const run = await kit.create(PLAIN);
    const reader = readerOf(run, "in", { as: "reads" });
    expect(reader.take(5)).toBeUndefined();
    await writeToEnd(writerOf(run, "in"), numbers(100));
    const all: unknown[] = [];
    for (const sizes = [1, 2, 30, 3, 1000]; await reader.wait(); ) {
      const max = sizes.shift() ?? 10;
      const values = reader.take(max);
      expect(values, "wait() said that there is something").toBeDefined();
      expect(values?.length).toBeGreaterThan(0);
      expect(values?.length).toBeLessThanOrEqual(max);
      all.push(...(values ?? []));
    }
    expect(all).toEqual(numbers(100));
    expect(reader.take(5)).toBeUndefined();
  });

  it("passes values only when the next ones are taken", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterValues: 4 } });
    const writer = writerOf(run, "in");
    const reader = readerOf(run, "in", { as: "reads" });
    writer.writeMany([1, 2, 3, 4]);
    await writer.flush();
    expect(await readSome(reader, 4)).toEqual([1, 2, 3, 4]);
    const held = (await run.snapshot()).streams[0];
    expect(held).toMatchObject({ values: 4, floor: 0, backlog: 4 });
    expect(writer.full).toBe(true);
    expect(reader.take(1)).toBeUndefined();
    await within(writer.room(), "room, once what was taken is passed");
  });

  it("stops giving values to a reader that was closed, without harm to the others", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { retain: "all" } });
    const [left, stays] = [readerOf(run, "in", { as: "reads" }), readerOf(run, "in")];
    const waiting = left.wait();
    left.close();
    left.close();
    expect(await within(waiting, "wait() of a closed reader")).toBe(false);
    await writeToEnd(writerOf(run, "in"), numbers(10));
    expect(left.take(10)).toBeUndefined();
    expect(await left.wait()).toBe(false);
    expect(await readAll(stays)).toEqual(numbers(10));
  });

  it("throws the reason a reader was closed with, to who waits and to who reads on", async () => {
    const run = await kit.create(PLAIN);
    const reader = readerOf(run, "in", { as: "reads" });
    const reason = new Error("no more of this");
    const waiting = reader.wait();
    reader.close(reason);
    await expect(within(waiting, "wait() of a closed reader")).rejects.toBe(reason);
    await expect(reader.wait()).rejects.toBe(reason);
    expect(() => reader.take(1)).toThrow(reason);
  });
}

function testWriting(suite: Suite): void {
  const kit = new Kit(suite);

  it("keeps the order of values written one by one and in lists", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    const reading = readAll(readerOf(run, "in", { as: "reads" }), 10);
    writer.write(0);
    writer.writeMany([1, 2, 3]);
    writer.writeMany([]);
    writer.write(4);
    writer.write(5);
    writer.writeMany(numbers(300, 6));
    await writer.flush();
    writer.writeMany([306]);
    writer.write(307);
    await writer.end(COMPLETED);
    expect(await reading).toEqual(numbers(308));
  });

  it("passes values from writer to reader one by one", async () => {
    const run = await kit.create({ tasks: [{ processor: "echo", inputs: ["in"], outputs: ["out"] }] });
    const claim = await claimed(run, "echo");
    const [question, answer] = [writerOf(run, "in"), writerOf(run, "out", claim)];
    const [questions, answers] = [readerOf(run, "in", { as: "echo" }), readerOf(run, "out")];
    for (const value of numbers(20)) {
      question.write(value);
      const [asked] = await readSome(questions, 1);
      answer.write(`${asked}!`);
      expect(await readSome(answers, 1)).toEqual([`${value}!`]);
    }
  });

  it("stores what was accepted by the time flush() settles, and counts it", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    await writer.flush();
    writer.writeMany(numbers(30));
    for (const value of numbers(30)) writer.write(value);
    await writer.flush();
    const stream = (await run.snapshot()).streams[0];
    expect(stream).toMatchObject({ state: "open", values: 60, floor: 0, backlog: 60, waitsFor: [] });
    expect(stream?.bytes).toBeGreaterThan(0);
  });

  it("gives back values as they were", async () => {
    const run = await kit.create(PLAIN);
    const values = [
      0,
      -1.5,
      2 ** 40,
      "",
      "text ✓ 🙂",
      "\0\n",
      true,
      false,
      null,
      [],
      [1, [2, [3]]],
      {},
      { id: 7, name: "seven", tags: ["a", "b"], deep: { er: null } },
      "x".repeat(100_000),
    ];
    await writeToEnd(writerOf(run, "in"), values);
    expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual(values);
  });
}
