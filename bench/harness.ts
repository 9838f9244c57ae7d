import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Amounts, Contender, Measurement, Row } from "./row.ts";
import { type Spread, spreadOf } from "./stats.ts";

export interface Settings {
  readonly rounds: number;
  readonly amounts: keyof Amounts;
  readonly redis: string;
  /** With its credentials; where a row needs one. */
  readonly neo4j?: string;
  /** Told before each measurement. */
  readonly onProgress?: (what: string) => void;
}

/** What came of one row. Spreads are those of its rounds. */
export interface Result {
  readonly row: Row;
  readonly ours: Spread;
  readonly reference?: Spread;
  /** Our score by the reference's, pair by pair. */
  readonly ratio?: Spread;
  readonly figures: Readonly<Record<string, Spread>>;
  /** Whether the medians meet what is required; absent where nothing is. */
  readonly ok?: boolean;
}

/** What was measured of a row, one of each per round. */
interface Rounds {
  readonly ours: Measurement[];
  readonly reference: Measurement[];
}

/**
 * Measures rows. Those with the same reference take turns with it (reference, first row, second row, reference, …), so
 * that whatever else slows the machine down slows all of them; every measurement has a process of its own.
 */
export async function measureRows(rows: readonly Row[], settings: Settings): Promise<Result[]> {
  const measured = new Map<Row, Rounds>(rows.map((row) => [row, { ours: [], reference: [] }]));
  for (const group of groupsOf(rows)) {
    const rounds = Math.min(settings.rounds, ...group.map((row) => row.maxRounds ?? settings.rounds));
    for (let round = 1; round <= rounds; round++) {
      let reference: Measurement | undefined;
      for (const row of group) {
        if (row.reference) reference ??= await measure(row, "reference", row.reference, round, settings);
        const ours = await measure(row, "ours", row.ours, round, settings);
        measured.get(row)?.ours.push(ours);
        if (reference) measured.get(row)?.reference.push(reference);
      }
    }
  }
  return [...measured].map(([row, rounds]) => toResult(row, rounds));
}

/** Rows that share a reference; a row without one is on its own. */
function groupsOf(rows: readonly Row[]): Row[][] {
  const groups = new Map<unknown, Row[]>();
  for (const row of rows) {
    const key = row.reference ?? row;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

async function measure(
  row: Row,
  side: "ours" | "reference",
  contender: Contender,
  round: number,
  settings: Settings,
): Promise<Measurement> {
  settings.onProgress?.(`${row.name} ${side}, round ${round}`);
  const n = contender.n[settings.amounts];
  const warmUp = Math.min(contender.warmUp ?? Math.ceil(n / 10), n);
  const measurement = await inChild([row.name, side, String(n), String(warmUp), settings.redis, settings.neo4j ?? ""]);
  if (measurement.values !== n) throw new Error(`${row.name} (${side}): ${n} went in, ${measurement.values} came out`);
  return measurement;
}

function inChild(args: readonly string[]): Promise<Measurement> {
  const program = fileURLToPath(new URL("child.js", import.meta.url));
  const child = fork(program, args, { execArgv: [...process.execArgv, "--expose-gc"] });
  return new Promise((resolve, reject) => {
    let measurement: Measurement | undefined;
    child.on("message", (message) => {
      measurement = message as Measurement;
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (measurement && code === 0) resolve(measurement);
      else reject(new Error(`The measurement of ${args[0]} (${args[1]}) ended with code ${code}`));
    });
  });
}

function toResult(row: Row, { ours, reference }: Rounds): Result {
  const ratio =
    reference.length > 0 ? spreadOf(ours.map(({ score }, i) => score / (reference[i]?.score ?? Number.NaN))) : undefined;
  const names = Object.keys(ours[0]?.figures ?? {});
  const figures = Object.fromEntries(names.map((name) => [name, spreadOf(ours.map((one) => one.figures?.[name] ?? Number.NaN))]));
  const ok = isOk(row, ratio, figures);
  return {
    row,
    ours: spreadOf(ours.map(({ score }) => score)),
    ...(reference.length > 0 && { reference: spreadOf(reference.map(({ score }) => score)) }),
    ...(ratio && { ratio }),
    figures,
    ...(ok !== undefined && { ok }),
  };
}

function isOk({ ratio: required, limits }: Row, ratio: Spread | undefined, figures: Result["figures"]): boolean | undefined {
  if (!required && !limits) return undefined;
  const fast =
    !required || !ratio || ("atLeast" in required ? ratio.median >= required.atLeast : ratio.median <= required.atMost);
  const small = Object.entries(limits ?? {}).every(([name, limit]) => (figures[name]?.median ?? Number.NaN) <= limit);
  return fast && small;
}
