// A flow of handlers that wait: a generator that reads, one that writes without end, single values, a fetch-like wait.
import { Flow, Processor, Supervisor } from "datagraph";

/** @param {Record<string, unknown>} what */
const say = (what) => console.log(JSON.stringify(what));
const { redis, run: id } = JSON.parse(process.argv[2] ?? "{}");
const started = new Set();
/** @param {import("datagraph").TaskContext} task */
const watch = ({ processor, signal }) => {
  signal.addEventListener("abort", () => say({ say: "signal", processor, reason: String(signal.reason) }));
  started.add(processor);
  if (started.size === 4) say({ say: "running" });
};
const endless = new Processor({ name: "endless", outputs: ["numbers"] });
endless.implement(async function* (_, task) {
  watch(task);
  for (let i = 0; ; i++) {
    yield { numbers: i };
    // Endless, but not as fast as it can: what is tested is its end.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
const each = new Processor({ name: "each", inputs: ["numbers"], outputs: ["more"] });
each.implementEach({ concurrency: 2 }, async (value, _, task) => {
  if (!started.has("each")) watch(task);
  return { more: value };
});
const idle = new Processor({ name: "idle", inputs: ["never"], outputs: ["nothing"] });
idle.implement(async function* ({ never }, task) {
  watch(task);
  for await (const value of never) yield { nothing: value };
});
const fetches = new Processor({ name: "fetches", outputs: ["fetched"] });
fetches.implement(async (_, task) => {
  watch(task);
  await new Promise((resolve) => task.signal.addEventListener("abort", resolve));
});
const supervisor = Supervisor.attach({ redis });
const never = {
  async *[Symbol.asyncIterator]() {
    await new Promise(() => undefined);
    yield 1;
  },
};
const run = await supervisor.startFlow(Flow.fromProcessors(endless, each, idle, fetches).resolve(), { never }, { id });
await run.done.catch((error) => say({ say: "done", error: error.name, reason: error.reason }));
