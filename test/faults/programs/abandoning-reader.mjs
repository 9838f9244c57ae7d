// Reads a few values of a run's output and then no more, without leaving.
import { Supervisor } from "datagraph";

const { redis, leaseMs, run: id, output } = JSON.parse(process.argv[2] ?? "{}");
const supervisor = new Supervisor({ redis, leaseMs });
const run = await supervisor.run(id);
const values = run.outputs[output]?.stream();
for (let i = 0; i < 3; i++) await values?.next();
console.log(JSON.stringify({ say: "reading" }));
setInterval(() => undefined, 1000);
