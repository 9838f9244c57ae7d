/*
 * From what was measured to what was not. Everything here is a straight line: costs per worker, per run that waits, per
 * run that starts and ends, per value. That they are straight is not assumed: `bends` says how much they are not.
 */
import type { Measured, MeasuredWorkers, Where } from "./measure.ts";
import type { Work } from "./server-figures.ts";

/** What to plan for. */
export interface Load {
  readonly workers: number;
  /** Processors that each worker performs: BullMQ has a connection for each. */
  readonly processorsPerWorker: number;
  /** At once; they wait for input. */
  readonly runs: number;
  /** Processes that hold something of a run: its starter, and the workers of its tasks. */
  readonly processesPerRun: number;
  readonly runsPerSecond: number;
  readonly valuesPerSecond: number;
  /** Values that travel together. */
  readonly chunk: number;
}

/** What a server gives. */
export interface Limits {
  /** Of the one core that performs commands; the rest is for peaks. */
  readonly cpuShare: number;
  readonly memoryBytes: number;
  readonly connections: number;
}

export interface Line {
  readonly base: number;
  readonly slope: number;
}

/** What one of something costs a server. */
export interface Cost {
  readonly commands: number;
  readonly cpuSeconds: number;
}

export interface Model {
  /** A second of a worker that has nothing to do, with one processor. */
  readonly worker: Cost & { readonly connections: number; readonly bytes: number };
  /** A second of a waiting run in the first process that holds it, and in each further one. */
  readonly waiting: Cost;
  readonly waitingElsewhere: Cost;
  /** The start and the end of a run on workers. */
  readonly run: Cost;
  /** A value, by the size of its chunk. */
  readonly values: ReadonlyMap<number, Cost & { readonly bytes: number }>;
  readonly keysPerRun: number;
  readonly bytesPerRun: number;
}

export interface Demand {
  readonly commandsPerSecond: number;
  /** Of one core of the machine that was measured. */
  readonly cpuShare: number;
  readonly connections: number;
  readonly keys: number;
  readonly bytes: number;
  /** Servers that this takes, by what runs out. */
  readonly servers: { readonly cpu: number; readonly memory: number; readonly connections: number };
}

/** The straight line with the least squares. With one point: through the origin. */
export function lineThrough(points: readonly (readonly [x: number, y: number])[]): Line {
  const n = points.length;
  const mean = (pick: 0 | 1) => points.reduce((sum, point) => sum + point[pick], 0) / n;
  const [mx, my] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  if (spread === 0) return { base: 0, slope: my / mx };
  const slope = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / spread;
  return { base: my - slope * mx, slope };
}

/** How much more one costs among many than among some: 1 is a straight line, above it grows faster than the work. */
export function bend(points: readonly (readonly [x: number, y: number])[]): number {
  const sorted = [...points].sort(([a], [b]) => a - b);
  const [middle, most] = sorted.slice(-2);
  if (!middle || !most) return 1;
  return most[1] / most[0] / (middle[1] / middle[0]);
}

export function modelOf(measured: readonly Measured[], workers: readonly MeasuredWorkers[]): Model {
  const of = (where: Where) => measured.filter((each) => each.where === where);
  const [local, bullmq] = [of("local"), of("bullmq")];
  const waiting = costs(local.map(({ runs, idle }) => [runs, perSecond(idle)]));
  const both = costs(bullmq.map(({ runs, idle }) => [runs, perSecond(idle)]));
  const largest = bullmq.reduce((a, b) => (a.runs > b.runs ? a : b));
  return {
    worker: {
      ...costs(workers.map((each) => [each.workers, perSecond(each.work)])),
      connections: lineThrough(workers.map((each) => [each.workers, each.connections])).slope,
      bytes: lineThrough(workers.map((each) => [each.workers, each.bytes])).slope,
    },
    waiting,
    waitingElsewhere: {
      commands: Math.max(0, both.commands - waiting.commands),
      cpuSeconds: Math.max(0, both.cpuSeconds - waiting.cpuSeconds),
    },
    // While some of them start the others wait: half of them, on the average.
    run: costs(bullmq.map(({ runs, start, idle, end }) => [runs, sumOf(without(idle, start, 0.5), without(idle, end, 0.5))])),
    values: new Map(
      largest.values.map(({ chunk, values, work, bytes }) => {
        const { commands, cpuSeconds } = without(largest.idle, work);
        return [chunk, { commands: commands / values, cpuSeconds: cpuSeconds / values, bytes: bytes / values }];
      }),
    ),
    keysPerRun: lineThrough(bullmq.map(({ runs, keys }) => [runs, keys])).slope,
    bytesPerRun: lineThrough(bullmq.map(({ runs, bytes }) => [runs, bytes])).slope,
  };
}

/** @throws RangeError when no such chunk was measured. */
export function demandOf(model: Model, load: Load, limits: Limits): Demand {
  const value = model.values.get(load.chunk);
  if (!value) throw new RangeError(`Chunks of ${[...model.values.keys()].join(", ")} were measured, found ${load.chunk}.`);
  const total = (of: keyof Cost) =>
    load.workers * model.worker[of] +
    load.runs * (model.waiting[of] + (load.processesPerRun - 1) * model.waitingElsewhere[of]) +
    load.runsPerSecond * model.run[of] +
    load.valuesPerSecond * value[of];
  // Each further processor of a worker is one more blocking connection.
  const connections = load.workers * (model.worker.connections + load.processorsPerWorker - 1);
  const bytes = load.runs * model.bytesPerRun + (connections / model.worker.connections) * model.worker.bytes;
  const cpuShare = total("cpuSeconds");
  return {
    commandsPerSecond: total("commands"),
    cpuShare,
    connections,
    keys: load.runs * model.keysPerRun,
    bytes,
    servers: {
      cpu: Math.ceil(cpuShare / limits.cpuShare),
      memory: Math.ceil(bytes / limits.memoryBytes),
      connections: Math.ceil(connections / limits.connections),
    },
  };
}

function costs(points: readonly (readonly [x: number, cost: Cost])[]): Cost {
  const slope = (of: keyof Cost) => lineThrough(points.map(([x, cost]) => [x, cost[of]])).slope;
  return { commands: slope("commands"), cpuSeconds: slope("cpuSeconds") };
}

function perSecond({ seconds, commands, cpuSeconds }: Work): Cost {
  return { commands: commands / seconds, cpuSeconds: cpuSeconds / seconds };
}

/** What work took beside what waiting takes anyway; the share says of how many runs. */
export function without(idle: Work, work: Work, share = 1): Cost {
  const { commands, cpuSeconds } = perSecond(idle);
  const seconds = work.seconds * share;
  return {
    commands: Math.max(0, work.commands - commands * seconds),
    cpuSeconds: Math.max(0, work.cpuSeconds - cpuSeconds * seconds),
  };
}

function sumOf(a: Cost, b: Cost): Cost {
  return { commands: a.commands + b.commands, cpuSeconds: a.cpuSeconds + b.cpuSeconds };
}
