/**
 * @typedef {object} Summary
 * @property {number} passed
 * @property {number} failed   failed tests, files that could not be loaded and errors that no test caught
 * @property {string[]} skipped  full names
 */

/**
 * What this needs to know of Vitest's modules.
 *
 * @typedef {object} TestModule
 * @property {string} relativeModuleId
 * @property {() => string} state
 * @property {{ allTests: () => Iterable<{ fullName: string, result: () => { state: string } }> }} children
 */

/**
 * @param {readonly TestModule[]} modules
 * @param {number} unhandledErrors
 * @returns {Summary}
 */
export function summarize(modules, unhandledErrors) {
  const summary = { passed: 0, failed: unhandledErrors, skipped: /** @type {string[]} */ ([]) };
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") summary.passed += 1;
      else if (state === "failed") failedHere += 1;
      else summary.skipped.push(`${module.relativeModuleId} > ${test.fullName}`);
    }
    // A file that cannot be imported, or whose hook throws, fails without a failed test.
    if (module.state() === "failed" && failedHere === 0) failedHere = 1;
    summary.failed += failedHere;
  }
  return summary;
}

/**
 * Why a run with this summary must not count as a success, although no test failed.
 *
 * @param {Summary} summary
 * @param {{ ci: boolean }} where
 */
export function problemsOf({ passed, failed, skipped }, { ci }) {
  const problems = [];
  if (passed + failed === 0) problems.push("No test ran");
  // A skipped test looks like a passed one to whoever reads only the end of a log.
  if (ci && skipped.length > 0) problems.push(`Nothing may be skipped in CI, but these were:\n  ${skipped.join("\n  ")}`);
  return problems;
}

/** @param {Summary} summary */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`;
}
