// A worker that copies a graph.
import { copyFlow } from "datagraph/copy";
import { options, work } from "./work.mjs";

copyFlow(options);
await work();
