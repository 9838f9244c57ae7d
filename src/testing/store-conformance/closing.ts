import { afterEach, describe, expect, it } from "vitest";
import type { RunStore, StreamStore } from "../../streams/store.ts";
import { within } from "../eventually.ts";
import { claimed, EventLog, freshId, readerOf, type Suite, writerOf } from "./kit.ts";
import { wire } from "./wiring.ts";

const PLAIN = { tasks: [{ processor: "reads", inputs: ["in", "more"], outputs: ["out"] }], bounds: { maxBacklogBytes: 1 } };

/** Closing settles everything that waits; afterwards nothing hangs. */
export function testClosing({ makeStore }: Suite): void {
  describe("closing", () => {
    const stores: StreamStore[] = [];
    const open = async (): Promise<{ store: StreamStore; run: RunStore }> => {
      const store = await makeStore();
      stores.push(store);
      return { store, run: (await store.create(wire({ ...PLAIN, id: freshId() }))).run };
    };
    afterEach(async () => {
      for (const store of stores.splice(0)) await within(store.close(), "close()");
    });

    it("settles every promise that waits", async () => {
      const { store, run } = await open();
      const claim = await claimed(run, "reads");
      const writer = writerOf(run, "in");
      writer.write("too much");
      await writer.flush();
      const waiting = [
        readerOf(run, "more", { as: "reads" }).wait(),
        readerOf(run, "out").wait(),
        readerOf(run, "out", { peek: true }).wait(),
        readerOf(run, "more", { from: 5 }).wait(),
        writer.room(),
      ];
      const outcomes = Promise.allSettled(waiting);
      await run.snapshot();
      const late = writerOf(run, "out", claim);
      late.write(1);
      const flushed = Promise.allSettled([late.flush()]);
      await within(store.close(), "close()");
      await within(Promise.all([outcomes, flushed]), "everything that waits to settle");
    });

    it("closes twice, and at once", async () => {
      const { store } = await open();
      await within(Promise.all([store.close(), store.close()]), "close() twice at once");
      await within(store.close(), "close() once more");
    });

    it("closes a store that was never used", async () => {
      const store = await makeStore();
      await within(store.close(), "close()");
    });

    it("leaves nothing that hangs to who goes on", async () => {
      const { store, run } = await open();
      const claim = await claimed(run, "reads");
      const log = new EventLog(run);
      const reader = readerOf(run, "in", { as: "reads" });
      const writer = writerOf(run, "out", claim);
      await within(store.close(), "close()");
      const attempts = [
        attempt(() => store.create(wire({ ...PLAIN, id: freshId() }))),
        attempt(() => store.open(run.record.id)),
        attempt(() => store.list()),
        attempt(() => run.claim(0)),
        attempt(() => run.snapshot()),
        attempt(() => reader.wait()),
        attempt(() => readerOf(run, "more").wait()),
        attempt(async () => {
          writer.write(1);
          await writer.flush();
        }),
        attempt(() => run.stop({ state: "cancelled", reason: "closed" })),
        attempt(() => run.settle(claim, { state: "cancelled", reason: "closed" })),
      ];
      const outcomes = await within(Promise.all(attempts), "everything after close() to settle");
      expect(outcomes[0], "create() on a closed store").toBe("rejected");
      reader.close();
      log.close();
    });
  });
}

async function attempt(action: () => Promise<unknown>): Promise<"fulfilled" | "rejected"> {
  const [outcome] = await Promise.allSettled([(async () => action())()]);
  return outcome.status;
}
