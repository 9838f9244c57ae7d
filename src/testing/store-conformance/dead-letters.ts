import { describe, expect, it } from "vitest";
import { FencedError, RunLostError } from "../../errors.ts";
import { collect } from "../collect.ts";
import { COMPLETED, claimed, freshId, Kit, type Suite } from "./kit.ts";

const WIRING = { tasks: [{ processor: "fails", inputs: ["in"], outputs: ["out"] }] };

/** Values that are set aside: once, by who performs their task, for longer than their run is kept. */
export function testDeadLetters(suite: Suite): void {
  describe("dead letters", () => {
    const kit = new Kit(suite);
    const letter = (index: number, value: unknown = { n: index }) => ({
      index,
      stream: 0,
      content: { value },
      attempts: 2,
      failure: { name: "Error", message: `no ${index}`, run: "a run", cause: { name: "RangeError", message: "why" } },
    });
    const of = (run: string) => collect(kit.store.deadLetters.list(run));

    it("keeps a value once, with all that is known of it", async () => {
      const run = await kit.create(WIRING);
      const { failures } = await claimed(run, "fails");
      await Promise.all([failures.setAside(letter(3)), failures.setAside(letter(3)), failures.setAside(letter(10))]);
      await failures.setAside(letter(2));
      const letters = await of(run.record.id);
      expect(letters.map(({ index }) => index)).toEqual([2, 3, 10]);
      expect(letters[1]).toMatchObject({ value: { n: 3 }, count: 1, attempts: 2, processor: "fails", stream: "in" });
      expect(letters[1]).toMatchObject({ failure: letter(3).failure, inputs: ["in"], outputs: ["out"] });
      expect(await kit.store.deadLetters.get(letters[1]?.id ?? "")).toEqual(letters[1]);
      failures.retried();
      failures.retried();
      await expect
        .poll(async () => (await run.snapshot()).tasks)
        .toEqual([{ state: "running", attempt: 1, deadLetters: 3, retries: 2 }]);
    });

    it("names runs of any id, and keeps theirs apart", async () => {
      const [plain, odd] = [await kit.create(WIRING), await kit.create({ ...WIRING, id: `${freshId()}@{1.2}: ö\n` })];
      for (const run of [plain, odd]) await (await claimed(run, "fails")).failures.setAside(letter(1));
      const [found] = await of(odd.record.id);
      expect(found?.run).toBe(odd.record.id);
      expect(await kit.store.deadLetters.remove(found?.id ?? "")).toBe(true);
      expect([(await of(odd.record.id)).length, (await of(plain.record.id)).length]).toEqual([0, 1]);
      const all = (await collect(kit.store.deadLetters.list())).map(({ run }) => run);
      expect(all).toContain(plain.record.id);
      expect(all).not.toContain(odd.record.id);
    });

    it("keeps values longer than their run, and forgets them when they are removed", async () => {
      const run = await kit.create(WIRING);
      const claim = await claimed(run, "fails");
      await claim.failures.setAside(letter(1));
      await run.settle(claim, COMPLETED);
      expect(await kit.store.remove(run.record.id)).toBe(true);
      const [found] = await of(run.record.id);
      expect(found).toMatchObject({ value: { n: 1 } });
      const { id = "" } = found ?? {};
      expect([await kit.store.deadLetters.remove(id), await kit.store.deadLetters.remove(id)]).toEqual([true, false]);
      expect(await kit.store.deadLetters.get(id)).toBeUndefined();
      expect(await of(run.record.id)).toEqual([]);
    });

    it("knows nothing of what is no id", async () => {
      for (const id of ["", "1", "0.1@", `0.1@${freshId()}`, "x.y@z"]) {
        expect(await kit.store.deadLetters.get(id)).toBeUndefined();
        expect(await kit.store.deadLetters.remove(id)).toBe(false);
      }
    });

    it("takes values only from who performs their task; the next attempt knows them", async () => {
      const run = await kit.create({ ...WIRING, durable: true });
      const first = await claimed(run, "fails");
      await first.failures.setAside(letter(1));
      await first.failures.setAside(letter(2));
      await run.release(first);
      const second = await claimed(run, "fails");
      await expect(first.failures.setAside(letter(3))).rejects.toBeInstanceOf(FencedError);
      // A value that was removed while its run goes on is still done.
      await kit.store.deadLetters.remove((await of(run.record.id))[0]?.id ?? "");
      expect(await second.failures.known()).toEqual(new Set([1, 2]));
      await second.failures.setAside(letter(1));
      expect((await of(run.record.id)).map(({ index }) => index)).toEqual([2]);
    });

    if (suite.capabilities.sharedBetweenProcesses) {
      it("takes nothing for a run that is gone", async () => {
        const run = await kit.create(WIRING);
        const claim = await claimed(run, "fails");
        await run.settle(claim, COMPLETED);
        await kit.store.remove(run.record.id);
        await expect(claim.failures.setAside(letter(1))).rejects.toBeInstanceOf(RunLostError);
      });
    }
  });
}
