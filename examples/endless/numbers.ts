import { Processor } from "datagraph";
import { z } from "zod";

/** A source that never ends by itself: it is stopped from outside, wherever it is in its loop. */
export const numbers = new Processor({ name: "numbers", outputs: { number: z.number() } }).implement(async function* (_, task) {
  try {
    for (let number = 2; ; number++) yield { number };
  } finally {
    // Here a source would close its connection or file.
    console.log(`The source has stopped: ${task.signal.reason}`);
  }
});
