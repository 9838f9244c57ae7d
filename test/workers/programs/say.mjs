/**
 * Tells the test something, as a line of JSON.
 *
 * @param {string} say
 * @param {Readonly<Record<string, unknown>>} [details]
 */
export function say(say, details = {}) {
  process.stdout.write(`${JSON.stringify({ say, ...details })}\n`);
}
