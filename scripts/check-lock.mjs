// `npm ci` must work everywhere. npm quietly leaves optional packages of other systems out of the lock file when the
// registry does not have them, and refuses that file afterwards: better to hear of it here than on another machine.
import { runProgram } from "./lib/project.mjs";

const { ok, output } = await runProgram("npm", ["ci", "--dry-run", "--ignore-scripts", "--no-audit", "--loglevel=error"]);
console.log(output);
process.exitCode = ok ? 0 : 1;
