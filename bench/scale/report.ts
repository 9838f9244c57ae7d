import type { Measured, MeasuredWorkers } from "./measure.ts";
import { type Demand, type Load, type Model, without } from "./model.ts";

export interface Findings {
  readonly measured: readonly Measured[];
  readonly workers: readonly MeasuredWorkers[];
  readonly model: Model;
  readonly bends: readonly { readonly where: string; readonly bend: number }[];
  readonly load: Load;
  readonly demand: Demand;
}

export function toTable({ measured, workers, model, bends, load, demand }: Findings): string {
  const runs = measured.map(({ where, runs, start, idle, end, keys, bytes, before, waiting, left, listed }) => ({
    where,
    runs,
    "start: commands": round(start.commands / runs),
    "end: commands": round(end.commands / runs),
    "start+end: CPU µs": round(((start.cpuSeconds + end.cpuSeconds) / runs) * 1e6),
    "waiting: commands/s": round(idle.commands / idle.seconds / runs),
    "waiting: CPU µs/s": round((idle.cpuSeconds / idle.seconds / runs) * 1e6),
    keys: round(keys / runs),
    bytes: round(bytes / runs),
    connections: `${before.connections} → ${waiting.connections}`,
    "left keys": left.length,
    listed,
  }));
  const values = measured.flatMap(({ where, runs, idle, values, afterValues }) =>
    values.map(({ chunk, values: n, work, bytes }) => ({
      where,
      runs,
      chunk,
      "commands/value": round(without(idle, work).commands / n),
      "CPU µs/value": round((without(idle, work).cpuSeconds / n) * 1e6),
      "kept bytes/value": round(bytes / n),
      "in+out bytes/value": round((work.bytesIn + work.bytesOut) / n),
      "values/s": round(n / work.seconds),
      "largest output buffer": afterValues.largestOutput,
    })),
  );
  const idle = workers.map(({ workers: n, work, connections, bytes }) => ({
    workers: n,
    "commands/s": round(work.commands / work.seconds / n),
    "CPU µs/s": round((work.cpuSeconds / work.seconds / n) * 1e6),
    connections: round(connections / n),
    "buffers, bytes": round(bytes / n),
  }));
  const { servers, ...figures } = demand;
  return [
    "Per run\n",
    table(runs),
    "\nPer value\n",
    table(values),
    "\nPer worker that has nothing to do\n",
    table(idle),
    "\nOne more waiting run among the most, against fewer (1: in proportion)\n",
    table(bends.map(({ where, bend }) => ({ where, "commands/s": round(bend) }))),
    "\nThe model: CPU in µs per second, or each\n",
    table([
      { what: "worker", commands: round(model.worker.commands), CPU: round(model.worker.cpuSeconds * 1e6) },
      { what: "waiting run, first process", commands: round(model.waiting.commands), CPU: round(model.waiting.cpuSeconds * 1e6) },
      {
        what: "waiting run, further process",
        commands: round(model.waitingElsewhere.commands),
        CPU: round(model.waitingElsewhere.cpuSeconds * 1e6),
      },
      { what: "start and end of a run", commands: round(model.run.commands), CPU: round(model.run.cpuSeconds * 1e6) },
    ]),
    "\nPlan\n",
    table(Object.entries({ ...load, ...figures }).map(([what, n]) => ({ what, much: round(n) }))),
    `\nServers: ${servers.cpu} by CPU, ${servers.memory} by memory, ${servers.connections} by connections`,
  ].join("\n");
}

/** A table in Markdown. */
function table(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, names.map(() => "---"), ...rows.map((row) => names.map((name) => String(row[name])))];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Three digits that count. */
function round(n: number): number {
  return Number(n.toPrecision(n >= 1_000 ? 4 : 3));
}
