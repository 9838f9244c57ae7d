// Uses Redis as it is told, and closes nothing.
import { Flow, Processor, Supervisor } from "datagraph";

/** @param {Record<string, unknown>} what */
const say = (what) => console.log(JSON.stringify(what));
const { redis, mode, run: id } = JSON.parse(process.argv[2] ?? "{}");
const supervisor = Supervisor.attach({ redis });
if (mode === "watch") {
  const run = await supervisor.run(id);
  say({ say: "waiting" });
  await run.done;
  say({ say: "done" });
} else if (mode === "look") {
  const run = await supervisor.run(id);
  // Somebody who knows a run and waits for nothing of it.
  say({ say: "looked", state: (await run.status()).state });
} else if (mode === "linger") {
  const run = await supervisor.run(id);
  say({ say: "idle", state: (await run.status()).state });
  // In this time its server goes away.
  await new Promise((resolve) => setTimeout(resolve, 700));
  say({ say: "over" });
} else {
  const echo = new Processor({ name: "echo", inputs: ["value"], outputs: ["echoed"] });
  echo.implementEach({}, (value) => ({ echoed: value }));
  const run = await supervisor.startFlow(Flow.fromProcessors(echo).resolve(), { value: [1, 2] });
  say({ say: "values", values: await run.outputs.echoed.toArray() });
}
