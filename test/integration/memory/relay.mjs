// Ten million small values through three processors, in a process of its own: prints how much memory it took, as JSON.
// Arguments: number of values, "generator" | "each" | "batches", and a Redis URL or nothing.
import { Flow, Processor, Supervisor } from "datagraph";

const [count, style, url, prefix = "dg:"] = process.argv.slice(2);
const total = Number(count);

/** @param {string} to @param {unknown} value @returns {{ out: unknown }} */
const emission = (to, value) => /** @type {never} */ ({ [to]: value });

/** @param {string} name @param {string} from @param {string} to */
function stage(name, from, to) {
  /** @type {Processor} */
  const processor = new Processor({ name, inputs: [from], outputs: [to] });
  if (style === "each") processor.implementEach({}, (value) => emission(to, value));
  else {
    processor.implement(async function* (inputs) {
      for await (const value of inputs[from] ?? []) yield emission(to, value);
    });
  }
  return processor;
}

/** An asynchronous source: supplied values pass every wait that a slow one would. */
async function* source() {
  for (let i = 0; i < total; i++) yield i;
}

/** Bytes of the heap and of the process. */
function memory() {
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return { heap: heapUsed + external + arrayBuffers, rss };
}

const supervisor = new Supervisor(url ? { redis: { url, prefix } } : {});
const flow = Flow.fromProcessors(stage("a", "n", "m"), stage("b", "m", "o"), stage("c", "o", "out")).resolve();

/** Runs the flow with so many values; gives the most memory that was seen after a collection. */
async function relay(/** @type {number} */ limit, /** @type {boolean} */ sample) {
  const inputs = { n: limit === total ? source() : Array.from({ length: limit }, (_, i) => i) };
  const run = await supervisor.startFlow(flow, inputs, { defaults: { retain: "unread" }, keepMs: 1000 });
  const most = { heap: 0, rss: 0 };
  let seen = 0;
  let last = -1;
  for await (const value of run.outputs.out ?? []) {
    if (value !== last + 1) throw new Error(`Expected ${last + 1}, found ${value}`);
    last = value;
    if (++seen % Math.ceil(limit / 50) === 0 && sample) {
      const now = memory();
      most.heap = Math.max(most.heap, now.heap);
      most.rss = Math.max(most.rss, now.rss);
    }
  }
  await run.done;
  if (seen !== limit) throw new Error(`Expected ${limit} values, found ${seen}`);
  return most;
}

const idle = memory();
// The first runs warm up: code is compiled, connections are made, the heap takes its working size.
await relay(200_000, true);
const before = memory();
const start = performance.now();
const most = await relay(total, true);
const seconds = (performance.now() - start) / 1000;
const after = memory();
await supervisor.close();
process.stdout.write(
  JSON.stringify({
    total,
    seconds,
    heapGrowth: most.heap - before.heap,
    rssGrowth: most.rss - before.rss,
    rssSinceIdle: most.rss - idle.rss,
    heapLeft: after.heap - before.heap,
  }),
);
