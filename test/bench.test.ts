import { describe, expect, inject, it } from "vitest";
import type { Result } from "../bench/harness.ts";
import { toJson, toTable } from "../bench/report.ts";
import type { Contender } from "../bench/row.ts";
import { rows } from "../bench/rows.ts";
import { withCredentials } from "../bench/scratch-neo4j.ts";
import { median, spreadOf } from "../bench/stats.ts";
import { sharedNeo4j } from "./support/neo4j.ts";

const neo4j = withCredentials(await sharedNeo4j());

/** Whether it works, with amounts that say nothing about speed. */
async function measured(contender: Contender) {
  const n = contender.n.tiny;
  const { values, score, figures = {} } = await contender.measure({ n, redis: inject("redisUrl"), neo4j });
  return { all: values === n, numbers: [score, ...Object.values(figures)] };
}

describe("the benchmarks", () => {
  const contenders = rows.flatMap(({ name, ours, reference }) => [
    { name, contender: ours },
    ...(reference ? [{ name: `the reference of ${name}`, contender: reference }] : []),
  ]);

  it.each(contenders)("$name: all that goes in comes out", async ({ contender }) => {
    const { all, numbers } = await measured(contender);
    expect(all).toBe(true);
    expect(numbers.every(Number.isFinite)).toBe(true);
    expect(numbers[0]).toBeGreaterThan(0);
  });

  it("have names of their own", () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it("require something of every row that has a reference", () => {
    for (const { reference, ratio } of rows) expect(ratio !== undefined).toBe(reference !== undefined);
  });
});

describe("their report", () => {
  const [row] = rows;
  if (!row) throw new Error("there are rows");
  const result: Result = {
    row,
    ours: spreadOf([1_000_000, 3_000_000, 2_000_000]),
    reference: spreadOf([4_000_000]),
    ratio: spreadOf([0.25, 0.5, 0.75]),
    figures: {},
    ok: true,
  };

  it("shows medians, spread, ratio and what is required", () => {
    const [, line] = toTable([result]).split("\n");
    expect(line).toMatch(
      /^memory\/generators +2\.00M \[1\.00M–3\.00M\] values\/s +4\.00M +× 0\.500 \[0\.250–0\.750\] +≥ 0\.4 +ok$/,
    );
  });

  it("says the same as JSON", () => {
    expect(toJson([result])).toMatchObject({
      results: [
        { name: row.name, ours: { median: 2_000_000 }, ratio: { median: 0.5 }, required: { ratio: { atLeast: 0.4 } }, ok: true },
      ],
    });
  });

  it("takes the middle of an even number of rounds", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});
