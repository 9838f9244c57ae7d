// What users install is what is checked: the package is built and packed, and publint and arethetypeswrong read the archive.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root, runNode, runProgram, toolPath } from "./lib/project.mjs";

const folder = join(root, ".cache", "package");
mkdirSync(folder, { recursive: true });

/** @param {string} what @param {{ ok: boolean, output: string }} result */
function mustWork(what, { ok, output }) {
  if (ok) return output;
  console.error(`${what} failed:\n${output}`);
  process.exit(1);
}

mustWork("The build", await runNode([toolPath("typescript", "tsc"), "-p", "tsconfig.build.json"]));
const packed = mustWork(
  "npm pack",
  // Standard error is left out by --json's reader below: npm prints its warnings there, before the JSON.
  await runProgram("npm", ["pack", "--ignore-scripts", "--json", "--loglevel=error", "--pack-destination", folder]),
);
const [{ filename, files }] = JSON.parse(packed.slice(packed.search(/^\[/m)));
const archive = join(folder, filename);

const tests = files.filter((/** @type {{ path: string }} */ { path }) => /\.test\.[a-z.]+$/.test(path));
const results = await Promise.all([
  runNode([toolPath("publint"), archive, "--strict"]),
  runNode([toolPath("@arethetypeswrong/cli", "attw"), archive, "--profile", "esm-only"]),
]);
for (const { output } of results) console.log(`${output}\n`);
for (const { path } of tests) console.error(`The package contains a test: ${path}`);
process.exitCode = tests.length === 0 && results.every(({ ok }) => ok) ? 0 : 1;
