// A worker that reads a Redis stream of another application.
import { redisStream } from "datagraph/sources";
import { options, work } from "./work.mjs";

redisStream(options);
await work();
