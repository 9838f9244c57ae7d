import { Processor } from "datagraph";
import { z } from "zod";

/** What `foobar` is, for every service that runs flows with it or performs it. */
export const foobar = new Processor({
  name: "foobar",
  inputs: { foo: z.number() },
  outputs: { bar: z.number() },
});
