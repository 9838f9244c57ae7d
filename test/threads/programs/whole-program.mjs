// A program that has everything in one module: importing it in a thread would run it again.
import { Flow, Processor, Supervisor, stream } from "datagraph";

/** @type {import("datagraph").UncheckedSchema<number>} */
const number = stream();
const whole = new Processor({ name: "whole", inputs: { n: number }, outputs: { m: number } });
whole.implementEach({ isolate: true }, (n) => ({ m: n }));
const supervisor = new Supervisor();
const run = await supervisor.startFlow(Flow.fromProcessors(whole).resolve(), { n: [1] });
const error = await run.done.catch((/** @type {any} */ failure) => failure.cause);
process.stdout.write(`${JSON.stringify({ name: error?.name, message: error?.message })}\n`);
await supervisor.close();
