/** Millions of small values pass three processors in bounded memory. `MEMORY_VALUES=10000000` is the whole claim. */
import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { expect, inject, test } from "vitest";
import { fresh } from "../support/fresh.ts";

const MB = 2 ** 20;
const VALUES = Number(process.env.MEMORY_VALUES ?? 1_000_000);
const PROGRAM = fileURLToPath(new URL("memory/relay.mjs", import.meta.url));

interface Figures {
  readonly seconds: number;
  readonly heapGrowth: number;
  readonly rssGrowth: number;
  readonly heapLeft: number;
}

async function relay(style: string, ...redis: string[]): Promise<Figures> {
  const child = spawn(process.execPath, ["--expose-gc", PROGRAM, String(VALUES), style, ...redis], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return JSON.parse(out) as Figures;
}

/** Measures every 50 ms until the signal, and no longer: settles when the last measurement has ended. */
async function sample(until: AbortSignal, measure: () => Promise<void>): Promise<void> {
  while (!until.aborted) {
    await measure();
    await setTimeout(50);
  }
}

function report(what: string, { seconds, heapGrowth, rssGrowth, heapLeft }: Figures, more = ""): void {
  const mb = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`;
  console.log(
    `${what}: ${VALUES} values in ${seconds.toFixed(1)} s; heap +${mb(heapGrowth)}, process +${mb(rssGrowth)}, left +${mb(heapLeft)}${more}`,
  );
}

const timeout = 60_000 + VALUES / 20;

for (const style of ["generator", "each"]) {
  test(`small values through three processors: ${style}, memory`, { timeout }, async () => {
    const figures = await relay(style);
    report(`${style}, memory`, figures);
    expect(figures.heapGrowth).toBeLessThan(50 * MB);
    expect(figures.rssGrowth).toBeLessThan(50 * MB);
    expect(figures.heapLeft).toBeLessThan(5 * MB);
  });

  test(`small values through three processors: ${style}, Redis`, { timeout }, async () => {
    const redis = new Redis(inject("redisUrl"));
    const prefix = `${fresh("memory")}:`;
    const most = { bytes: 0 };
    const done = new AbortController();
    const sampling = sample(done.signal, async () => {
      const keys = (await redis.keys(`${prefix}*`)).filter((key) => /:s:\d+$/.test(key));
      for (const key of keys) most.bytes = Math.max(most.bytes, (await redis.memory("USAGE", key, "SAMPLES", 0)) ?? 0);
    });
    try {
      const figures = await relay(style, inject("redisUrl"), prefix);
      report(`${style}, Redis`, figures, `; most in one stream ${(most.bytes / MB).toFixed(2)} MB`);
      expect(figures.heapGrowth).toBeLessThan(50 * MB);
      expect(figures.rssGrowth).toBeLessThan(50 * MB);
      // The bound of a stream: 8 MiB of values ahead of the slowest reader, and what a trim leaves.
      expect(most.bytes).toBeGreaterThan(0);
      expect(most.bytes).toBeLessThan(10 * MB);
    } finally {
      done.abort();
      await sampling;
      const keys = await redis.keys(`${prefix}*`);
      if (keys.length > 0) await redis.unlink(...keys);
      await redis.quit();
    }
  });
}
