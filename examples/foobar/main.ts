import { Flow, Supervisor } from "datagraph";
import { foobar } from "./foobar.ts";
import "./service.ts";

// In this process's memory, or in Redis where REDIS_URL says so: the rest of the program is the same.
const redis = process.env.REDIS_URL;
await using supervisor = Supervisor.attach(redis ? { redis } : {});

const flow = Flow.fromProcessors(foobar).resolve();
const run = await supervisor.startFlow(flow, { foo: [5] });
for await (const value of run.outputs.bar) console.log(value);
