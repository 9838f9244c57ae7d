import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RunConflictError } from "../../streams/run-record.ts";
import type { RunStore } from "../../streams/store.ts";
import { eventually } from "../eventually.ts";
import { claimed, freshId, Kit, numbers, readAll, readerOf, type Suite, writerOf, writeToEnd } from "./kit.ts";
import { wire } from "./wiring.ts";

const PLAIN = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }] };

/** Runs are created once, found again and forgotten. Their names are any text. */
export function testRuns(suite: Suite): void {
  describe("runs", () => {
    testCreating(suite);
    testFinding(suite);
    testRemoving(suite);
    testNames(suite);
  });
}

function testCreating(suite: Suite): void {
  const kit = new Kit(suite);

  it("creates a run once: the second time it is opened", async () => {
    const id = freshId();
    const first = await kit.store.create(wire({ ...PLAIN, id }));
    await writeToEnd(writerOf(first.run, "in"), [1, 2]);
    const second = await kit.store.create(wire({ ...PLAIN, id, createdAt: 1 }));
    expect([first.created, second.created]).toEqual([true, false]);
    expect(second.run.record).toEqual(wire({ ...PLAIN, id }));
    expect(await readAll(readerOf(second.run, "in", { as: "reads" }))).toEqual([1, 2]);
    await first.run.stop({ state: "cancelled", reason: "over" });
  });

  it("creates one run for many who create it at once", async () => {
    const record = wire({ ...PLAIN, id: freshId() });
    const results = await Promise.all(Array.from({ length: 10 }, () => kit.store.create(record)));
    expect(results.filter((result) => result.created)).toHaveLength(1);
    await results[0]?.run.stop({ state: "cancelled", reason: "over" });
  });

  it("refuses another wiring under an id that is taken", async () => {
    const run = await kit.create(PLAIN);
    const other = wire({ id: run.record.id, tasks: [{ processor: "reads", inputs: ["in"], outputs: ["another"] }] });
    await expect(kit.store.create(other)).rejects.toThrow(RunConflictError);
    await expect(kit.store.create(wire({ ...PLAIN, id: run.record.id, bounds: { highWaterValues: 7 } }))).rejects.toThrow(
      RunConflictError,
    );
    expect((await kit.store.open(run.record.id))?.record).toEqual(run.record);
  });
}

function testFinding(suite: Suite): void {
  const kit = new Kit(suite);

  it("opens a run by its id, with its streams", async () => {
    const run = await kit.create({ ...PLAIN, createdAt: 1_700_000_000_000 });
    await writeToEnd(writerOf(run, "in"), numbers(10));
    const opened = await kit.store.open(run.record.id);
    expect(opened?.record).toEqual(run.record);
    expect(await readAll(readerOf(opened as RunStore, "in", { as: "reads" }))).toEqual(numbers(10));
  });

  it("knows no run that was never created", async () => {
    expect(await kit.store.open(freshId())).toBeUndefined();
    expect(await kit.store.open("__proto__")).toBeUndefined();
  });

  it("lists runs with their state, newest first", async () => {
    const ids: string[] = [];
    const since = Date.now();
    // Whatever the clocks of those who start them say.
    for (const createdAt of [3000, since + 3_600_000, 2000]) {
      ids.push((await kit.create({ tasks: [{ processor: "only" }], createdAt })).record.id);
      await setTimeout(2);
    }
    const [old, middle, recent] = ids;
    const run = (await kit.store.open(old ?? "")) as RunStore;
    await run.settle(await claimed(run, "only"), { state: "completed" });
    await (await kit.store.open(recent ?? ""))?.stop({ state: "cancelled", reason: "enough" });
    const listed = (await kit.store.list()).filter(({ id }) => ids.includes(id));
    expect(listed.map(({ id, state }) => [id, state])).toEqual([
      [recent, "cancelled"],
      [middle, "running"],
      [old, "completed"],
    ]);
    for (const { createdAt, ageMs } of listed) {
      expect(createdAt).toBeGreaterThanOrEqual(since);
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(ageMs).toBeLessThan(60_000);
    }
  });

  it("forgets a run some time after it has ended, not before", async () => {
    const [ends, goesOn] = [
      await kit.create({ tasks: [{ processor: "only" }], keepMs: 20 }),
      await kit.create({ ...PLAIN, keepMs: 20 }),
    ];
    await ends.settle(await claimed(ends, "only"), { state: "completed" });
    await eventually(async () => {
      expect(await kit.store.open(ends.record.id)).toBeUndefined();
      expect((await kit.store.list()).map(({ id }) => id)).not.toContain(ends.record.id);
    });
    expect(await kit.store.open(goesOn.record.id)).toBeDefined();
    expect((await kit.store.list()).map(({ id }) => id)).toContain(goesOn.record.id);
  });

  it("keeps an ended run for as long as it is asked to, however long", async () => {
    const run = await kit.create({ tasks: [{ processor: "only" }], keepMs: 365 * 24 * 60 * 60 * 1000 });
    const marker = await kit.create({ tasks: [{ processor: "only" }], keepMs: 20 });
    for (const each of [run, marker]) await each.settle(await claimed(each, "only"), { state: "completed" });
    await eventually(async () => {
      expect(await kit.store.open(marker.record.id)).toBeUndefined();
    });
    expect(await kit.store.open(run.record.id)).toBeDefined();
  });
}

function testRemoving(suite: Suite): void {
  const kit = new Kit(suite);

  it("removes a run that has ended, and no other", async () => {
    const run = await kit.create(PLAIN);
    const { id } = run.record;
    expect(await kit.store.remove(id)).toBe(false);
    expect(await kit.store.remove(freshId())).toBe(false);
    await run.stop({ state: "cancelled", reason: "over" });
    expect(await kit.store.remove(id)).toBe(true);
    expect(await kit.store.remove(id)).toBe(false);
    expect(await kit.store.open(id)).toBeUndefined();
    expect((await kit.store.list()).map((summary) => summary.id)).not.toContain(id);
  });
}

function testNames(suite: Suite): void {
  const kit = new Kit(suite);
  const names = [
    ":",
    "{",
    "}",
    "{}",
    "{a}:b",
    "*",
    "[a-z]",
    "?",
    "\n",
    "\0",
    "\\",
    "%3A",
    "__proto__",
    "constructor",
    "toString",
    "🙂 ü",
    " ",
    "a",
    "a:",
    "A",
  ];

  it("keeps streams and processors apart whatever their names are", async () => {
    const run = await kit.create({ tasks: names.map((name) => ({ processor: name, inputs: [name] })) });
    await Promise.all(names.map((name) => writeToEnd(writerOf(run, name), [`value of ${name}`])));
    for (const name of names) expect(await readAll(readerOf(run, name, { as: name }))).toEqual([`value of ${name}`]);
    const opened = (await kit.store.open(run.record.id)) as RunStore;
    expect(opened.record).toEqual(run.record);
  });

  it("keeps runs apart whatever their ids are", async () => {
    const base = freshId();
    const runs = await Promise.all(
      names.map((name) => kit.create({ tasks: [{ processor: "reads", inputs: ["in"] }], id: `${base}${name}` })),
    );
    await Promise.all(runs.map((run) => writeToEnd(writerOf(run, "in"), [run.record.id])));
    for (const name of names) {
      const run = (await kit.store.open(`${base}${name}`)) as RunStore;
      expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual([`${base}${name}`]);
    }
  });

  it("takes names of ten thousand characters that differ in the last one", async () => {
    const long = ["a", "b"].map((last) => "🙂".repeat(5000) + last);
    const run = await kit.create({ tasks: long.map((name) => ({ processor: name, inputs: [name] })) });
    await Promise.all(long.map((name, i) => writeToEnd(writerOf(run, name), [i])));
    for (const [i, name] of long.entries()) expect(await readAll(readerOf(run, name, { as: name }))).toEqual([i]);
    expect(Object.prototype).not.toHaveProperty("state");
  });
}
