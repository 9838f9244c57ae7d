// A worker for random flows: it gets their specs, and builds of them what the test builds.
import { readFileSync } from "node:fs";
import { Supervisor } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";
import { createJiti } from "jiti";
import { say } from "./say.mjs";

const { redis, prefix, leaseMs, flows } = JSON.parse(process.argv[2] ?? "{}");
const jiti = createJiti(import.meta.url, { interopDefault: false });
/** @type {typeof import("../../integration/random/build.ts")} */
const { build } = await jiti.import("../../integration/random/build.ts");
// JSON has no infinity.
/** @type {import("../../integration/random/spec.ts").FlowSpec[]} */
const specs = JSON.parse(readFileSync(flows, "utf8"), (_, value) => (value === null ? Number.POSITIVE_INFINITY : value));
for (const [i, spec] of specs.entries()) build(spec, `f${i}.`);

const quiet = () => {};
/** @type {(message: string, fields?: Record<string, unknown>) => void} */
const error = (message, fields = {}) => say("error", { text: [message, ...Object.values(fields).map(String)].join(" ") });
const supervisor = new Supervisor({
  redis: { url: redis, prefix, client: { socketTimeout: leaseMs / 2, connectTimeout: leaseMs / 2 } },
  executor: new BullMQExecutor(),
  leaseMs,
  log: { debug: quiet, info: quiet, warn: quiet, error },
});
const working = supervisor.work();
say("works");
await working;
