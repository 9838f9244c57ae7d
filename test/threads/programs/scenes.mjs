// One scene per run of this program: starts flows of isolated processors and says what came of it, as lines of JSON.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Flow, Supervisor } from "datagraph";
import * as handlers from "./handlers.mjs";

const [scene = "", first = "", second = ""] = process.argv.slice(2);
/** @param {Readonly<Record<string, unknown>>} what */
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
/** @type {(level: string) => (message: string, fields?: Record<string, unknown>) => void} */
const log = (level) => (message, fields) => say({ log: message, level, fields: fields && Object.keys(fields).sort() });
const logger = { debug: () => {}, info: log("info"), warn: log("warn"), error: log("error") };

/**
 * @param {any} processor
 * @param {Record<string, Iterable<unknown>>} inputs
 * @param {import("datagraph").SupervisorOptions} [options]
 */
async function perform(processor, inputs, options = {}) {
  const supervisor = new Supervisor({ log: logger, ...options });
  const run = await supervisor.startFlow(Flow.fromProcessors(processor).resolve(), inputs);
  return await outcome(run).finally(() => supervisor.close());
}

/** @param {import("datagraph").FlowRun<any>} run */
async function outcome(run) {
  const values = /** @type {Record<string, unknown[]>} */ ({});
  const read = Object.entries(run.outputs).map(async ([name, io]) => {
    const list = /** @type {unknown[]} */ ([]);
    values[name] = list;
    for await (const value of io) list.push(value);
  });
  await Promise.allSettled(read);
  const error = await run.done.then(() => undefined, describe);
  return { values, ...(error && { error }) };
}

/** @param {any} error @returns {object} */
function describe(error) {
  const { name, message, code, cause, stack } = error.name === "StreamFailedError" ? error.cause : error;
  return { name, message, code, ...(cause && { cause: describe(cause) }), inHandlers: String(stack).includes("handlers.mjs") };
}

const scenes = {
  async busy() {
    const delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const options = { redis: { url: first, prefix: second }, leaseMs: 500 };
    const { values } = await perform(handlers.burner, { ms: [2000, 2000] }, options);
    clearInterval(timer);
    say({ ...values, ticks, longestDelayMs: delays.max / 1e6 });
  },
  async named() {
    say(await perform(handlers.named, { n: Array.from({ length: 20 }, (_, n) => n) }));
  },
  async batched() {
    say(await perform(handlers.batched, { n: Array.from({ length: 25 }, (_, n) => n) }));
  },
  async spreader() {
    const { values } = await perform(handlers.spreader, { n: [100_000] });
    const list = values.m ?? [];
    say({ length: list.length, inOrder: list.every((m, i) => m === i) });
  },
  async slow() {
    const supervisor = new Supervisor({ log: logger });
    const run = await supervisor.startFlow(Flow.fromProcessors(handlers.slow).resolve(), { n: [1] });
    say({ first: await run.outputs.m.first() });
    await run.cancel("enough");
    say({ ...(await outcome(run)) });
    await supervisor.close();
  },
  async acts() {
    const supervisor = new Supervisor({ log: logger, threads: { max: 1, resourceLimits: { maxOldGenerationSizeMb: 64 } } });
    const flow = Flow.fromProcessors(handlers.actor).resolve();
    for (const act of JSON.parse(first)) say(await outcome(await supervisor.startFlow(flow, { act: [act] })));
    await supervisor.close();
  },
  async retried() {
    const supervisor = new Supervisor({ log: logger, threads: { graceMs: 100 } });
    const act = ["terminal", "retryable", "exit", "fine"].map((how) => ({ how }));
    const run = await supervisor.startFlow(Flow.fromProcessors(handlers.retried).resolve(), { act });
    say(await outcome(run));
    const late = await supervisor.startFlow(Flow.fromProcessors(handlers.retried).resolve(), {
      act: [{ how: "late" }, { how: "fine" }],
    });
    say(await outcome(late));
    await supervisor.close();
  },
  /** Calls that wait for a thread, when the only one dies. */
  async waiting() {
    const supervisor = new Supervisor({ log: logger, threads: { max: 1 } });
    const flow = Flow.fromProcessors(handlers.actor).resolve();
    const runs = [{ exit: 3 }, { a: 1 }, { b: 2 }].map((act) => supervisor.startFlow(flow, { act: [act] }));
    for (const run of runs) say(await outcome(await run));
    await supervisor.close();
  },
  async loop() {
    const supervisor = new Supervisor({ log: logger, threads: { graceMs: 300 } });
    const run = await supervisor.startFlow(Flow.fromProcessors(handlers.actor).resolve(), { act: [{ loop: first }] });
    const looping = new Promise((resolve) => {
      const { info } = logger;
      logger.info = (message, fields) => {
        info(message, fields);
        resolve(undefined);
      };
    });
    await looping;
    const from = performance.now();
    await run.cancel("enough");
    await supervisor.close();
    say({ ...(await outcome(run)), tookMs: performance.now() - from });
  },
  async moving() {
    for (const processor of [handlers.moving, handlers.copying]) {
      const { values } = await perform(processor, { size: [10_000, 10_000] }, { threads: { max: 1 } });
      const lengths = values.bytes?.map((bytes) => bytes instanceof Uint8Array && bytes.length);
      say({ lengths, before: values.before });
    }
  },
  async unclonable() {
    say(await perform(handlers.actor, { act: [{ f: () => 0 }] }));
  },
  async needy() {
    const supervisor = new Supervisor({ log: logger, threads: { max: 2 } });
    for (let i = 0; i < 2; i++) {
      const run = await supervisor.startFlow(Flow.fromProcessors(handlers.needy).resolve(), { n: [1, 2, 3, 4, 5, 6] });
      say(await outcome(run));
      console.error("run is over");
    }
    await supervisor.close();
    console.error("closed");
  },
  async overridden() {
    const overrides = [[handlers.perTask.factory, () => ({ threadId: -1, count: -1 })]];
    const options = /** @type {import("datagraph").SupervisorOptions} */ ({ overrides });
    say(await perform(handlers.needy, { n: [1] }, options));
    say(await perform(handlers.needy, { n: [1] }, { ...options, threads: false }));
  },
  /** Nothing is closed: threads that are idle must not keep the process. */
  async idle() {
    const supervisor = new Supervisor({ log: logger });
    const run = await supervisor.startFlow(Flow.fromProcessors(handlers.named).resolve(), { n: [1] });
    await run.done;
    say({ done: true });
  },
};
await scenes[/** @type {keyof typeof scenes} */ (scene)]();
