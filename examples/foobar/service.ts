import { depends } from "datagraph";
import { foobar } from "./foobar.ts";

/** Stands for whatever a service has to look up: a setting, a database, a model. */
async function getMultiplier(): Promise<number> {
  return 2;
}

// How `foobar` is performed. Only the service that performs it needs this module; here that is the same process.
foobar.implement({ multiplier: depends(getMultiplier) }, async function* ({ foo, multiplier }) {
  const count = await foo.first();
  for (let i = 0; i < count; i++) yield { bar: i * multiplier };
});
