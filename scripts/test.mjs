// `npm test [-- FILTER… OPTIONS…]`: Vitest, with a last line that says how many tests passed and failed.
import { parseCLI, startVitest } from "vitest/node";
import { problemsOf, summarize, summaryLine } from "./lib/test-summary.mjs";

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest("test", filter, { ...options, watch: false });
const summary = summarize(vitest.state.getTestModules(), vitest.state.getUnhandledErrors().length);
// Ends the services of the tests, whose last words thus come before the closing line.
await vitest.close();

const problems = problemsOf(summary, { ci: Boolean(process.env.CI) });
for (const problem of problems) console.error(problem);
console.log(summaryLine(summary));
// Whatever a test has left open must not keep the run from ending; Vitest reports what did not close.
process.exit(problems.length > 0 || summary.failed > 0 || process.exitCode ? 1 : 0);
