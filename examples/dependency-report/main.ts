// What an npm project depends on: `npm start` reports on this one, `npm start -- ../another` on another one.
// Its streams are in this process's memory, or in Redis where REDIS_URL says so: the rest of the program is the same.
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CancelledError, StreamFailedError, Supervisor } from "datagraph";
import { type Display, displayOn } from "./display.ts";
import { dependencyReport } from "./flow.ts";
import { reportText } from "./report-text.ts";
import { count } from "./text.ts";

interface Settings {
  readonly project: string;
  /** Where the picture goes. */
  readonly svg: string;
  readonly redis: string | undefined;
}

async function main({ project, svg, redis }: Settings): Promise<void> {
  const start = performance.now();
  await using supervisor = Supervisor.attach(redis ? { redis } : {});
  const run = await supervisor.startFlow(
    dependencyReport,
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
  await mkdir(dirname(svg), { recursive: true });
  await writeFile(svg, await dependencyReport.toSvg(await run.progress()));
  console.log(`\nRead ${count(packages, "package")} in ${seconds} s, with streams in ${redis ? "Redis" : "memory"}.`);
  console.log(`The flow as a picture: ${relative("", svg)}`);
}

function settings(): Settings {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { svg: { type: "string" } } });
  // Beside the compiled program, where it is in nobody's way.
  const beside = fileURLToPath(new URL("../../dependency-report.svg", import.meta.url));
  return { project: resolve(positionals[0] ?? "."), svg: values.svg ?? beside, redis: process.env.REDIS_URL };
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
