import { Flow, Processor } from "datagraph";
import { z } from "zod";

// What every service knows: the declarations. Each imports this module; only its worker imports how it is done.

/** Splits texts into their words. */
export const split = new Processor({ name: "split", inputs: { text: z.string() }, outputs: { word: z.string() } });

/** Counts each word as it comes. */
export const count = new Processor({
  name: "count",
  inputs: { word: z.string() },
  outputs: { counted: z.object({ word: z.string(), times: z.number() }) },
});

export const words = Flow.fromProcessors(split, count).resolve();
