// What an npm project depends on: `npm start` reports on this one, `npm start -- ../another` on another one.
// Its streams are in this process's memory, or in Redis where REDIS_URL says so: the rest of the program is the same.
// Who needs whom is a graph in memory, and with NEO4J_URI (NEO4J_USERNAME, NEO4J_PASSWORD) one in Neo4j as well.
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CancelledError, StreamFailedError, Supervisor } from "datagraph";
import { copy } from "datagraph/copy";
import { MemoryGraph } from "datagraph/graph/memory";
import { type Display, displayOn } from "./display.ts";
import { dependencyReport } from "./flow.ts";
import { graphText, sizeText } from "./graph-text.ts";
import { embedded, inNeo4j, type Neo4jAddress } from "./graphs.ts";
import { reportText } from "./report-text.ts";
import { count } from "./text.ts";

interface Settings {
  readonly project: string;
  /** Where the picture goes. */
  readonly svg: string;
  /** The package to do without, by its id; the most needed one where none is named. */
  readonly without: string | undefined;
  readonly redis: string | undefined;
  readonly neo4j: Neo4jAddress | undefined;
}

async function main({ project, svg, without, redis, neo4j }: Settings): Promise<void> {
  const start = performance.now();
  await using supervisor = Supervisor.attach(redis ? { redis } : {});
  const since = new Date();
  const graph = new MemoryGraph();
  const inMemory = embedded(graph);
  const flow = dependencyReport(inMemory.target);
  const run = await supervisor.startFlow(
    flow,
    { projects: [project] },
    // All streams, not only the report: to show packages while they are read.
    { outputs: "all", keepMs: 10 * 60_000 },
  );
  // Once: a second Ctrl-C ends the process at once, as usual.
  process.once("SIGINT", () => void run.cancel("Ctrl-C was pressed"));

  const display: Display = displayOn(process.stdout);
  let packages = 0;
  try {
    // Three processors work side by side; here their results are read in step.
    const found = run.outputs.licences.streamWith(run.outputs.sizes, run.outputs.readmes, { strict: true });
    for await (const [licence, size, readme] of found) {
      display.show(licence, size, readme);
      packages++;
    }
  } finally {
    display.close();
  }
  const report = await run.outputs.report.first();
  await run.done;
  const seconds = ((performance.now() - start) / 1000).toFixed(2);

  console.log(reportText(report, basename(project)));
  console.log(`\nAs a graph, in memory: ${sizeText(graph)}\n\n${await graphText(inMemory, without)}`);
  if (neo4j) {
    const there = inNeo4j(neo4j, project, since);
    await copy({ from: inMemory.target, to: there.target, preloadNodes: true });
    console.log(`\nThe same graph, in ${there.place}:\n\n${await graphText(there, without)}`);
  }
  await mkdir(dirname(svg), { recursive: true });
  await writeFile(svg, await flow.toSvg(await run.progress()));
  console.log(`\nRead ${count(packages, "package")} in ${seconds} s, with streams in ${redis ? "Redis" : "memory"}.`);
  console.log(`The flow as a picture: ${relative("", svg)}`);
}

function settings(): Settings {
  const options = { svg: { type: "string" }, without: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  // Beside the compiled program, where it is in nobody's way.
  const beside = fileURLToPath(new URL("../../dependency-report.svg", import.meta.url));
  const { REDIS_URL: redis, NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password } = process.env;
  return {
    project: resolve(positionals[0] ?? "."),
    svg: values.svg ?? beside,
    without: values.without,
    redis,
    neo4j: uri ? { uri, ...(username && { username }), ...(password && { password }) } : undefined,
  };
}

try {
  await main(settings());
} catch (error) {
  if (error instanceof CancelledError) {
    console.error("Interrupted: the run was cancelled.");
    process.exitCode = 130;
  } else {
    console.error(
      error instanceof StreamFailedError ? `"${error.failure.processor}" failed: ${error.failure.message}` : String(error),
    );
    process.exitCode = 1;
  }
}
