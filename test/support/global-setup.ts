import { spawn } from "node:child_process";
import type { TestProject } from "vitest/node";
import { type ProvidedNeo4j, provideNeo4j } from "./neo4j/provide.ts";
import { offer } from "./on-demand.ts";
import { provideRedis } from "./redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A real Redis or Valkey for all tests of this run. Tests share it: see `fresh.ts`. */
    redisUrl: string;
    /** Where to ask for a real Neo4j: see `neo4j.ts`. */
    neo4jPath: string;
    /** Where this run's random choices start: see `random.ts`. */
    seed: number;
  }
}

/** What the tests need before the first one runs. Returns what ends it. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  if (!Number.isInteger(seed)) throw new Error(`TEST_SEED must be a whole number, found "${process.env.TEST_SEED}"`);
  console.log(`Random choices start from seed ${seed} (the same again: TEST_SEED=${seed})`);
  project.provide("seed", seed);

  const [redis] = await Promise.all([provideRedis(), build()]);
  console.log(redis.description);
  project.provide("redisUrl", redis.url);

  const neo4j = await offer(async () => toAnswer(await provideNeo4j()));
  project.provide("neo4jPath", neo4j.path);
  return async () => {
    await Promise.all([redis.stop(), neo4j.stop()]);
  };
}

function toAnswer({ address, description, stop }: ProvidedNeo4j) {
  console.log(description);
  return { answer: address, stop };
}

/** Tests that start other processes start the built command line: Node 20 runs no TypeScript. */
async function build(): Promise<void> {
  const child = spawn("npm", ["run", "build", "--silent"], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code === 0) return;
  // The compiler writes its output despite type errors. Someone halfway through a change can test what runs already.
  if (process.env.CI) throw new Error(`The build failed:\n${output}`);
  const errors = output.match(/error TS\d+/g)?.length ?? 0;
  console.warn(`The build has ${errors} errors ("npm run build" lists them): tests of the built command line may fail`);
}
