// `npm run check [-- NAME…]`: everything that can be said about the project without running it, side by side.
import { root, runNode, toolPath } from "./lib/project.mjs";

// The tools write to a pipe here, where they would leave out the colours that help a person.
const colours = process.stdout.isTTY === true;
const checks = {
  types: [toolPath("typescript", "tsc"), "-p", "tsconfig.json", "--noEmit", "--pretty", String(colours)],
  lint: [toolPath("@biomejs/biome", "biome"), "check", ".", "--error-on-warnings", `--colors=${colours ? "force" : "off"}`],
  direction: ["scripts/check-direction.mjs"],
  "dead code": [toolPath("knip"), "--no-progress", "--no-config-hints"],
  package: ["scripts/check-package.mjs"],
  "lock file": ["scripts/check-lock.mjs"],
  docs: ["scripts/check-docs.mjs"],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in checks));
if (unknown.length > 0) {
  console.error(`There is no check "${unknown.join('", "')}"; the checks are: ${Object.keys(checks).join(", ")}`);
  process.exit(2);
}

/** @param {[name: string, command: string[]]} check */
async function run([name, command]) {
  const start = performance.now();
  const { ok, output } = await runNode(command, { cwd: root });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  // A whole check is printed at once, so that parallel checks never mix their lines.
  const details = ok || output === "" ? "" : `\n${output.replaceAll(/^/gm, "  ")}\n`;
  console.log(`${ok ? "✓" : "✗"} ${name} (${seconds} s)${details}`);
  return { name, ok };
}

const chosen = Object.entries(checks).filter(([name]) => wanted.length === 0 || wanted.includes(name));
const results = await Promise.all(chosen.map(run));
const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
console.log(failed.length === 0 ? "All checks passed" : `Failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
