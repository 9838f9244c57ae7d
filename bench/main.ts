// `npm run bench [-- OPTIONS]`: how fast this library is beside what one would write by hand, or use in its place.
import { parseArgs } from "node:util";
import { measureRows } from "./harness.ts";
import { toJson, toTable } from "./report.ts";
import { rows } from "./rows.ts";
import { scratchNeo4j } from "./scratch-neo4j.ts";
import { scratchRedis } from "./scratch-redis.ts";

const usage = `Usage: npm run bench [-- OPTIONS]
  --only PATTERN   only cases whose name matches (a regular expression); repeatable
  --rounds N       how often everything is measured (default 3)
  --quick          smaller amounts: a first look
  --json           print the results as JSON
  --check          exit with 1 when a case is below what is required
  --list           print the names of the cases`;

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true },
        rounds: { type: "string", default: "3" },
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1)
      throw new Error(`--rounds takes a whole number from 1, found "${values.rounds}"`);
    const patterns = (values.only ?? []).map((pattern) => new RegExp(pattern));
    const wanted = patterns.length === 0 ? rows : rows.filter(({ name }) => patterns.some((pattern) => pattern.test(name)));
    if (wanted.length === 0) throw new Error("No case matches --only; --list shows them");
    return { ...values, rounds, wanted };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const { wanted, rounds, quick, json, check, list, help } = readOptions();
  if (help) return console.log(usage);
  if (list) return console.log(wanted.map(({ name, title }) => `${name.padEnd(20)} ${title}`).join("\n"));
  const redis = await scratchRedis();
  const onProgress = (what: string) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${what}` : `${what}\n`);
  const neo4j = wanted.some(({ needs }) => needs === "neo4j") ? await scratchNeo4j() : undefined;
  process.stderr.write(`Redis: ${redis.description}; ${neo4j ? `${neo4j.description}; ` : ""}${rounds} rounds\n`);
  try {
    const results = await measureRows(wanted, {
      rounds,
      amounts: quick ? "quick" : "full",
      redis: redis.url,
      ...(neo4j && { neo4j: neo4j.url }),
      onProgress,
    });
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    console.log(json ? JSON.stringify(toJson(results), undefined, 2) : toTable(results));
    if (check && results.some(({ ok }) => ok === false)) process.exitCode = 1;
  } finally {
    await Promise.all([redis.stop(), neo4j?.stop()]);
  }
}

await main();
