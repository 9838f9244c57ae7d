import { describe, expect, test } from "vitest";
import { DeadlyValue } from "../streams/deadly-value.ts";
import type { Following, ListBounds } from "../streams/store.ts";
import { type Suspects, suspectsOf } from "../streams/suspects.ts";
import { type CarefulDrive, driveCarefully } from "./drive-carefully.ts";
import { type Drive, driveBatch, driveEach } from "./drive-each.ts";
import { Emitter } from "./emitter.ts";
import { ListReader } from "./list-reader.ts";

interface Given {
  readonly count: number;
  readonly suspects: Suspects;
  readonly from?: number;
  readonly inLists?: boolean;
  readonly lists?: (position: number) => ListBounds | undefined;
}

/** Everything that is done while care is taken of an input, in order: `[from, until]` in hand, what was handled, what was stored. */
async function careOf({ count, suspects, from = 0, inLists = false, lists = () => undefined }: Given) {
  const done: string[] = [];
  const values = Array.from({ length: count }, (_, n) => n).slice(from);
  const nothing = async () => undefined;
  const source = { take: () => undefined, wait: async () => false, revoked: false, close: () => undefined };
  const reader = new ListReader(values, source);
  const writer = {
    write: (value: unknown) => done.push(`emits ${value}`),
    writeMany: () => undefined,
    credit: 1000,
    full: false,
    room: nothing,
    flush: async () => void done.push("stored"),
    end: nothing,
  };
  const drive: Drive = {
    reader,
    call: (input) => {
      const named = (value: unknown) => (value instanceof DeadlyValue ? `deadly ${value.value} after ${value.deaths}` : value);
      done.push(`handles ${inLists ? `[${(input as unknown[]).map(named)}]` : named(input)}`);
    },
    emitter: new Emitter("careful", new Map([["out", undefined]]), () => writer),
    signal: new AbortController().signal,
    onLeft: () => undefined,
    onBegin: () => undefined,
  };
  const following: Following = {
    from,
    stepwiseUntil: 0,
    listFrom: lists,
    emits: (until) => done.push(`list until ${until}`),
    reached: (position) => done.push(`reached ${position}`),
  };
  const settings = { concurrency: 2, ordered: true, maxSize: 10, maxWaitMs: 0 };
  const careful: CarefulDrive = {
    ...drive,
    following,
    suspects,
    inLists,
    handle: (given) => (inLists ? driveBatch(given, settings) : driveEach(given, settings)),
    claim: { hold: async (span) => void done.push(span ? `holds ${span.from}-${span.until}` : "holds nothing") },
    names: { processor: "careful", stream: "in" },
  };
  const position = await driveCarefully(careful);
  return { position, done, left: reader.take(100_000)?.length ?? 0 };
}

const UNKNOWN = suspectsOf({ lost: 2 }) ?? { from: 0, until: 0, deaths: 0 };
const steps = (done: readonly string[], what: RegExp) => done.filter((step) => what.test(step));

describe("where any value may be it", () => {
  test("takes more at once the more have passed, none before what came of the last is stored, and leaves off in the end", async () => {
    const { position, done, left } = await careOf({ count: 20_000, suspects: UNKNOWN });
    expect(steps(done, /holds|stored/).slice(0, 8)).toEqual([
      "holds 0-1",
      "stored",
      "holds 1-3",
      "stored",
      "holds 3-7",
      "stored",
      "holds 7-15",
      "stored",
    ]);
    expect(done.at(-1)).toBe("holds nothing");
    expect(position).toBeGreaterThanOrEqual(8192);
    expect(position).toBeLessThan(8192 + 512);
    expect(steps(done, /handles/)).toEqual(Array.from({ length: position }, (_, n) => `handles ${n}`));
    expect(left).toBe(20_000 - position);
  });

  test("says what it has in hand before it handles it, and where it is afterwards", async () => {
    const { position, done } = await careOf({ count: 3, suspects: UNKNOWN });
    expect(done).toEqual([
      "holds 0-1",
      "handles 0",
      "reached 1",
      "stored",
      "holds 1-3",
      "handles 1",
      "handles 2",
      "reached 3",
      "stored",
    ]);
    expect(position).toBe(3);
  });
});

describe("where some were in hand at a death", () => {
  test("handles them one by one, and those before them together", async () => {
    const { position, done } = await careOf({ count: 20, suspects: { from: 5, until: 8, deaths: 3 }, from: 1 });
    expect(steps(done, /holds/)).toEqual([
      "holds 1-2",
      "holds 2-4",
      "holds 4-5",
      "holds 5-6",
      "holds 6-7",
      "holds 7-8",
      "holds nothing",
    ]);
    expect(position).toBe(8);
  });

  test("has the one set aside that too many have died of, without taking it in hand", async () => {
    const deadly = await careOf({ count: 20, suspects: { from: 5, until: 6, deaths: 5 }, from: 5 });
    expect(deadly.done).toEqual(["handles deadly 5 after 5", "reached 6", "stored", "holds nothing"]);
    const again = await careOf({ count: 20, suspects: { from: 5, until: 6, deaths: 4 }, from: 5 });
    expect(again.done.slice(0, 2)).toEqual(["holds 5-6", "handles 5"]);
    // Of several it is not known which.
    const several = await careOf({ count: 20, suspects: { from: 5, until: 7, deaths: 6 }, from: 5 });
    expect(steps(several.done, /deadly/)).toEqual([]);
  });

  test("takes no care of what is passed already", async () => {
    expect(await careOf({ count: 20, suspects: { from: 5, until: 6, deaths: 3 }, from: 9 })).toMatchObject({
      position: 9,
      done: ["holds nothing"],
      left: 11,
    });
  });
});

describe("lists", () => {
  test("are of one value where that is suspected, and end where others began", async () => {
    const lists = (position: number) => (position < 3 ? { until: 3, exact: false } : undefined);
    const { done } = await careOf({ count: 10, suspects: { from: 6, until: 7, deaths: 4 }, inLists: true, lists });
    expect(steps(done, /holds|handles/)).toEqual([
      "holds 0-1",
      "handles [0]",
      "holds 1-3",
      "handles [1,2]",
      "holds 3-6",
      "handles [3,4,5]",
      "holds 6-7",
      "handles [6]",
      "holds nothing",
    ]);
  });

  test("stay one where a part of what came of them is written, though their values are handled one by one", async () => {
    const lists = (position: number) => (position === 2 ? { until: 5, exact: true } : undefined);
    const { done } = await careOf({ count: 5, suspects: { from: 3, until: 4, deaths: 5 }, from: 2, inLists: true, lists });
    expect(done).toEqual([
      "list until 5",
      "holds 2-3",
      "handles [2]",
      "handles [deadly 3 after 5]",
      "holds 4-5",
      "handles [4]",
      "reached 5",
      "stored",
      "holds nothing",
    ]);
  });
});
