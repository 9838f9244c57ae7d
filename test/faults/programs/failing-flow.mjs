// A flow whose first processor fails after some values. Nothing is closed: the program must end by itself.
import { Flow, Processor, Supervisor } from "datagraph";

/** @param {Record<string, unknown>} what */
const say = (what) => console.log(JSON.stringify(what));
const { redis, run: id } = JSON.parse(process.argv[2] ?? "{}");
const first = new Processor({ name: "first", inputs: ["go"], outputs: ["a", "b"] });
first.implement(async function* ({ go }) {
  yield { a: 1, b: 1 };
  // Only when told, so that everybody reads already.
  for await (const _ of go) {
    say({ say: "failing" });
    throw new RangeError("no more");
  }
});
const second = new Processor({ name: "second", inputs: ["a"], outputs: ["c"] });
second.implement(async function* ({ a }) {
  for await (const value of a) yield { c: value };
});
const third = new Processor({ name: "third", inputs: ["c"], outputs: ["d"] });
third.implementEach({}, (value) => ({ d: value }));

const supervisor = Supervisor.attach(redis ? { redis } : {});
/** @type {() => void} */
let fail = () => undefined;
const told = new Promise((resolve) => {
  fail = () => resolve(undefined);
});
const go = {
  async *[Symbol.asyncIterator]() {
    await told;
    yield 1;
  },
};
const run = await supervisor.startFlow(Flow.fromProcessors(first, second, third).resolve(), { go }, { id, outputs: "all" });
/** @param {string} name @param {Promise<unknown>} promise */
const report = (name, promise) =>
  promise.catch((error) =>
    say({ say: "failed", name, error: error.name, failure: error.failure?.name, processor: error.failure?.processor }),
  );
for (const name of /** @type {const} */ (["a", "b", "c", "d"])) report(name, run.outputs[name].toArray());
report("done", run.done);
await run.outputs.d.first();
// Where there are readers elsewhere, the test says when they are there.
if (redis) process.once("SIGTERM", fail);
say({ say: "running" });
if (!redis) fail();
