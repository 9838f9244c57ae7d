// Writes faster than it is read; says how much memory that takes.
import { Flow, Processor, Supervisor } from "datagraph";

/** @param {Record<string, unknown>} what */
const say = (what) => console.log(JSON.stringify(what));
const { redis, run: id, count, bytes, highWaterBytes } = JSON.parse(process.argv[2] ?? "{}");
const source = new Processor({ name: "source", outputs: ["blocks"] });
source.implement(async function* () {
  for (let i = 0; i < count; i++) yield { blocks: { i, text: String(i).padEnd(bytes, "x") } };
});
const supervisor = Supervisor.attach({ redis });
const defaults = { retain: /** @type {const} */ ("unread"), highWater: { bytes: highWaterBytes }, maxBacklog: highWaterBytes };
const flow = Flow.fromProcessors(source).resolve();
let base = 0;
let peak = 0;
const measure = () => {
  const { rss } = process.memoryUsage();
  if (base === 0) base = rss;
  peak = Math.max(peak, rss);
};
const run = await supervisor.startFlow(flow, {}, { id, defaults });
say({ say: "running" });
// What a program takes to start is no growth; a little later it writes as fast as it may.
setTimeout(() => {
  measure();
  const timer = setInterval(measure, 20);
  run.done.finally(() => {
    clearInterval(timer);
    say({ say: "memory", grown: peak - base });
  });
}, 300);
