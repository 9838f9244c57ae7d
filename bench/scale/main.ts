// `npm run bench:scale [-- OPTIONS]`: what runs, values and workers cost a Redis here, and what many more of them would.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { scratchRedis, withRedis } from "../scratch-redis.ts";
import { type Measured, type MeasuredWorkers, measure, measureIdleWorkers } from "./measure.ts";
import { bend, demandOf, type Limits, type Load, modelOf } from "./model.ts";
import { toTable } from "./report.ts";

const usage = `Usage: npm run bench:scale [-- OPTIONS]
What is measured
  --runs N,…              runs at once (default 10,100,1000)
  --idle-workers N,…      workers with nothing to do (default 1,20)
  --chunks N,…            values that travel together (default 1,16,256)
  --rounds N              chunks of each size in each run (default 5)
  --value-bytes N         (default 100)
  --idle-ms N             how long waiting runs are looked at (default 10000)
  --lease-ms N            (default 10000)
What is planned for
  --plan-workers N        (default 1000)       --plan-processors N   of each worker (default 1)
  --plan-runs N           at once (default 100000)
  --plan-processes N      that hold something of one run (default 3)
  --plan-runs-per-s N     that start and end (default 100)
  --plan-values-per-s N   (default 100000)     --plan-chunk N        one of --chunks (default 16)
  --cpu-share N           of a server's one core (default 0.6)
  --memory-gib N          of a server (default 16)
  --connections N         of a server (default 10000)
  --json                  print everything as JSON`;

const text = (value: string) => ({ type: "string", default: value }) as const;

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: text("10,100,1000"),
      "idle-workers": text("1,20"),
      chunks: text("1,16,256"),
      rounds: text("5"),
      "value-bytes": text("100"),
      "idle-ms": text("10000"),
      "lease-ms": text("10000"),
      "plan-workers": text("1000"),
      "plan-processors": text("1"),
      "plan-runs": text("100000"),
      "plan-processes": text("3"),
      "plan-runs-per-s": text("100"),
      "plan-values-per-s": text("100000"),
      "plan-chunk": text("16"),
      "cpu-share": text("0.6"),
      "memory-gib": text("16"),
      connections: text("10000"),
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const load: Load = {
    workers: numberOf(values["plan-workers"]),
    processorsPerWorker: numberOf(values["plan-processors"]),
    runs: numberOf(values["plan-runs"]),
    processesPerRun: numberOf(values["plan-processes"]),
    runsPerSecond: numberOf(values["plan-runs-per-s"]),
    valuesPerSecond: numberOf(values["plan-values-per-s"]),
    chunk: numberOf(values["plan-chunk"]),
  };
  const limits: Limits = {
    cpuShare: numberOf(values["cpu-share"]),
    memoryBytes: numberOf(values["memory-gib"]) * 2 ** 30,
    connections: numberOf(values.connections),
  };
  const chunks = values.chunks.split(",").map(numberOf);
  if (!chunks.includes(load.chunk))
    throw new Error(`--plan-chunk takes one of --chunks (${chunks.join(", ")}), found ${load.chunk}`);
  return {
    ...values,
    runs: values.runs.split(",").map(numberOf),
    idleWorkers: values["idle-workers"].split(",").map(numberOf),
    chunks,
    rounds: numberOf(values.rounds),
    valueBytes: numberOf(values["value-bytes"]),
    idleMs: numberOf(values["idle-ms"]),
    leaseMs: numberOf(values["lease-ms"]),
    load,
    limits,
  };
}

function numberOf(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`Expected a number above 0, found "${text}"`);
  return number;
}

function optionsOrExit() {
  try {
    return readOptions();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

const KEEP_MS = 500;

async function main(): Promise<void> {
  const { help, json, runs, idleWorkers, load, limits, ...options } = optionsOrExit();
  if (help) return console.log(usage);
  const measured: Measured[] = [];
  const workers: MeasuredWorkers[] = [];
  const say = (what: string) => process.stderr.write(`${what}\n`);
  const server = await scratchRedis();
  const { url } = server;
  try {
    await withRedis(url, async (redis) => {
      const version = /^(?:valkey|redis)_version:(.+)$/m.exec(await redis.info("server"))?.[1]?.trim();
      say(`Redis ${version}: ${server.description}; Node ${process.version}; ${cpus().length} × ${cpus()[0]?.model}`);
      for (const count of idleWorkers) {
        say(`${count} workers with nothing to do`);
        workers.push(await measureIdleWorkers(redis, { url, workers: count, ...options }));
      }
      for (const where of ["local", "bullmq"] as const) {
        for (const count of runs) {
          say(`${count} runs, ${where}`);
          measured.push(await measure(redis, { url, where, runs: count, keepMs: KEEP_MS, ...options }));
        }
      }
    });
  } finally {
    await server.stop();
  }
  const model = modelOf(measured, workers);
  const demand = demandOf(model, load, limits);
  const bends = (["local", "bullmq"] as const).map((where) => ({
    where,
    bend: bend(measured.filter((each) => each.where === where).map(({ runs, idle }) => [runs, idle.commands / idle.seconds])),
  }));
  const plain = { measured, workers, model: { ...model, values: Object.fromEntries(model.values) }, bends, load, limits, demand };
  console.log(json ? JSON.stringify(plain, undefined, 2) : toTable({ measured, workers, model, bends, load, demand }));
}

await main();
