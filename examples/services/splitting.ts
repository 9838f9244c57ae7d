import { setTimeout as delay } from "node:timers/promises";
import { split } from "./words.ts";

// How `split` is performed. It takes its time, as if it asked another server.
split.implement(async function* ({ text }, task) {
  for await (const line of text) {
    for (const word of line.toLowerCase().match(/\p{L}+/gu) ?? []) {
      yield { word };
      await delay(20, undefined, { signal: task.signal });
    }
  }
});
