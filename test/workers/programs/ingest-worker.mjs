// A worker for the pipeline of `ingest.mjs`.
import { ingest } from "./ingest.mjs";
import { say } from "./say.mjs";
import { options, work } from "./work.mjs";

ingest(options);
await work((text) => say("log", { text }));
