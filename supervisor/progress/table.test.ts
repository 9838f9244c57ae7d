import { stripVTControlCharacters } from "node:util";
import type { Progress, StreamProgress } from "datagraph";
import { expect, test } from "vitest";
import { inColumns, printable, truncate, widthOf } from "./printable.ts";
import { averages, steadied } from "./rates.ts";
import { duration, progressLine, progressTable } from "./table.ts";

const open = (values: number, more: Partial<StreamProgress> = {}): StreamProgress => ({
  state: "open",
  values,
  bytes: 0,
  backlog: 0,
  ...more,
});

const progress: Progress = {
  state: "running",
  tasks: {
    read: { state: "completed", attempt: 1 },
    join: { state: "running", attempt: 2 },
    report: { state: "waiting", attempt: 0 },
  },
  streams: {
    packages: { ...open(1234), state: "completed" },
    名前: open(12, { backlog: 3, waitsFor: "join" }),
    licence: open(1_234_567, { rate: 4321.9 }),
  },
};
const options = {
  elapsedMs: 12_345,
  rates: new Map([
    ["licence", 4321.9],
    ["名前", 0.123],
  ]),
  columns: 100,
  rows: 24,
  colours: false,
};

test("shows streams with counts, rates, backlog and states", () => {
  expect(progressTable(progress, options)).toEqual([
    "● running 12.3 s",
    "✓ read  ● join (attempt 2)  ◌ report",
    "  stream          values        rate   backlog  state",
    "✓ packages         1,234                        completed",
    "◌ 名前                12     0.123/s         3  waits for join",
    "● licence      1,234,567     4,322/s            open",
  ]);
});

test("says what has failed", () => {
  const failing: Progress = {
    ...progress,
    tasks: {
      one: { state: "running", attempt: 2, retries: 1, deadLetters: 1 },
      many: { state: "running", attempt: 1, retries: 1234, deadLetters: 2 },
    },
  };
  expect(progressTable(failing, options)[1]).toBe(
    "● one (attempt 2, 1 retry, 1 dead letter)  ● many (1,234 retries, 2 dead letters)",
  );
  expect(progressLine(failing, options)).toMatch(/; one 1 dead letter; many 2 dead letters$/);
});

test("colours change nothing but colours", () => {
  const coloured = progressTable(progress, { ...options, colours: true });
  expect(coloured.join("\n")).not.toBe(stripVTControlCharacters(coloured.join("\n")));
  expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(progressTable(progress, options));
});

test.each([
  [20, 24],
  [100, 5],
  [40, 8],
  [1, 3],
])("fits a screen of %i columns and %i rows", (columns, rows) => {
  const names = Array.from({ length: 50 }, (_, i) => `name ${i} ${"日".repeat(i)}`);
  const many: Progress = {
    state: "running",
    tasks: Object.fromEntries(names.map((name) => [name, { state: "running", attempt: 1 }])),
    streams: Object.fromEntries(names.map((name) => [name, open(1)])),
  };
  const lines = progressTable(many, { ...options, columns, rows });
  expect(lines.length).toBeLessThanOrEqual(rows + 1);
  for (const line of lines.slice(1)) expect(widthOf(line)).toBeLessThanOrEqual(Math.max(columns, 2));
});

test("names cannot steer the terminal", () => {
  const lines = progressTable({ ...progress, streams: { "a\x1b[2Jb\nc\u202e": open(1) }, tasks: {} }, options);
  expect(lines.at(-1)).toContain("ab�c�");
});

test("one line where nothing can be redrawn", () => {
  expect(progressLine(progress, options)).toBe("running 12.3 s: packages 1,234, 名前 12 (0.123/s), licence 1,234,567 (4,322/s)");
});

test("rates are steadied, and streams that have ended have none", () => {
  const first = steadied(new Map(), { ...progress, streams: { a: open(1, { rate: 100 }), b: open(1, { rate: 7 }), c: open(1) } });
  expect(first).toEqual(
    new Map([
      ["a", 100],
      ["b", 7],
    ]),
  );
  const second = steadied(first, {
    ...progress,
    streams: { a: open(1, { rate: 200 }), b: { ...open(1, { rate: 7 }), state: "completed" } },
  });
  expect(second).toEqual(new Map([["a", 130]]));
  expect(averages(progress, 2000).get("名前")).toBe(6);
});

test("durations", () => {
  expect([0, 999, 59_940, 60_000, 245_000, 7_207_000].map(duration)).toEqual([
    "0.0 s",
    "1.0 s",
    "59.9 s",
    "1:00",
    "4:05",
    "2:00:07",
  ]);
});

test("columns count cells, not characters", () => {
  expect(inColumns("日本", 5)).toBe("日本 ");
  expect(inColumns("日本語", 5)).toBe("日本…");
  expect(inColumns("ab", 4, "right")).toBe("  ab");
  expect(truncate("👩‍👩‍👧‍👦x", 2)).toBe("…");
  expect(printable("a\tb\n")).toBe("a�b�");
});
