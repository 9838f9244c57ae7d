/** What readers take from the news themselves, and what they still ask the server for. */
import { expect, test } from "vitest";
import { countedServer } from "../../../test/support/counted-server.ts";
import { fresh } from "../../../test/support/fresh.ts";
import { readerOf, writerOf } from "../../testing/store-conformance/kit.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import { initialLedger, type Ledger } from "../ledger.ts";
import { ledgerText } from "../ledger-text.ts";
import { apply } from "../lifecycle.ts";
import type { StreamReader } from "../store.ts";
import { keysOf } from "./keys.ts";
import { type LedgerStep, RedisLedger } from "./redis-ledger.ts";

const record = () => ({
  ...wire({ id: fresh(), tasks: [{ processor: "only", inputs: ["in"], outputs: ["out"] }] }),
  durable: true,
});

/** A run as two processes have it. */
async function twoProcesses() {
  const { connect, client, calls } = await countedServer();
  const [here, there] = [await connect(), await connect()];
  const { run } = await here.create(record());
  const other = await there.open(run.record.id);
  if (!other) throw new Error("It was just created");
  return { run, other, client, calls };
}

async function taken(reader: StreamReader): Promise<readonly unknown[] | undefined> {
  expect(await reader.wait()).toBe(true);
  return reader.take(10);
}

test("a small chunk comes along with the news of it, a larger one is asked for", async () => {
  const { run, other, client, calls } = await twoProcesses();
  const writer = writerOf(run, "in");
  const reader = readerOf(other, "in", { as: "only" });
  const next = async (value: unknown) => {
    const waiting = taken(reader);
    // The server must know that it waits: before, there is nobody to be told.
    await expect.poll(() => client.hexists(keysOf("dg:", run.record.id).run, "w0"), { interval: 1 }).toBe(1);
    writer.write(value);
    expect(await waiting).toEqual([value]);
  };
  await next("first");
  const before = await calls("xread");
  for (let n = 0; n < 5; n++) await next(n);
  expect(await calls("xread")).toBe(before);
  await next("x".repeat(2_000));
  expect(await calls("xread")).toBe(before + 1);
});

test("a ledger that comes along is taken where it follows on the one that is known, and nothing is asked", () => {
  const wired = record();
  const claimed = (ledger: Ledger) => apply(wired, ledger, { type: "claim", task: 0, token: "t" }) ?? ledger;
  const start = initialLedger(wired);
  const steps: LedgerStep[] = [];
  // There is no link: whoever asked the server would fail.
  const ledger = new RedisLedger(
    wired,
    keysOf("dg:", wired.id),
    undefined as never,
    { ledger: start, revision: 4 },
    1_000,
    (step) => steps.push(step),
  );
  const state = (revision: number) => ({ revision, ledger: ledgerText(claimed(start)), tops: new Map([[1, { values: 0 }]]) });
  expect([ledger.follow(state(4), 3), ledger.follow(state(6), 5), steps]).toEqual([false, false, []]);
  // Between 4 and 6 there was a claim, of which nobody needs to know.
  expect(ledger.follow(state(6), 4)).toBe(true);
  expect(ledger.current.tasks).toEqual(claimed(start).tasks);
  expect([...(steps[0]?.changes.owned ?? [])]).toEqual([[1, "t"]]);
  expect([...(steps[0]?.tops ?? [])]).toEqual([[1, { values: 0 }]]);
  expect([ledger.knows(6), ledger.knows(7)]).toEqual([true, false]);
});
