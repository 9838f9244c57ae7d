// One measurement in a process of its own: `child.js ROW ours|reference N WARM_UP REDIS_URL NEO4J_URL`, started by the harness.
import { rows } from "./rows.ts";

const [name, side, n, warmUp, redis = "", neo4j = ""] = process.argv.slice(2);
const contender = rows.find((row) => row.name === name)?.[side === "reference" ? "reference" : "ours"];
if (!contender) throw new Error(`There is nothing to measure for ${name} (${side})`);

await contender.measure({ n: Number(warmUp), redis, neo4j });
globalThis.gc?.();
const measurement = await contender.measure({ n: Number(n), redis, neo4j });
process.send?.(measurement, () => {
  process.disconnect();
});
