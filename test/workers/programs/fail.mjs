// Kills its process at a given place: in a handler, or when a script is about to be sent, or when its reply has come.
import { createHash } from "node:crypto";
import { Redis } from "ioredis";

/** Of the built library, which is there when this runs, not when it is checked. */
const built = new URL("../../../dist/src/streams/redis/scripts.js", import.meta.url).href;
/** @type {typeof import("../../../src/streams/redis/scripts.ts")} */
const { SCRIPTS } = await import(built);

/** @type {{ failAt?: { point: string, at: number } }} */
const { failAt } = JSON.parse(process.argv[2] ?? "{}");
/** @type {Map<string, number>} */
const seen = new Map();

/**
 * Dies when this is the place, at this value or for the so-many-th time.
 *
 * @param {string} point
 * @param {number} [at]
 */
export function failHere(point, at) {
  if (failAt?.point !== point) return;
  const count = (seen.get(point) ?? 0) + 1;
  seen.set(point, count);
  if ((at ?? count) !== failAt.at) return;
  process.kill(process.pid, "SIGKILL");
  for (;;);
}

const names = new Map(
  Object.entries(SCRIPTS).flatMap(([name, { lua }]) => [
    [lua, name],
    [sha1(lua), name],
  ]),
);

/** In a run's ledger; streams and the run come after its tasks. */
const TASK_COMPLETED = /"tasks":\[[^\]]*"state":"completed"/;

/** @param {string} text */
function sha1(text) {
  return createHash("sha1").update(text).digest("hex");
}

/**
 * What a command does, as far as it is a place to die at.
 *
 * @param {{ name: string, args: readonly unknown[] }} command
 */
function pointOf({ name, args }) {
  if (name === "xread") return "read";
  const script = names.get(String(args[0]));
  if (script === "dgAppend") return "append";
  if (script === "dgCommit") return "commit";
  return script === "dgTransition" && args.some((arg) => TASK_COMPLETED.test(String(arg))) ? "complete" : undefined;
}

if (failAt) {
  const send = Redis.prototype.sendCommand;
  Redis.prototype.sendCommand = function (command, ...rest) {
    const point = pointOf(command);
    if (point) failHere(`${point} sent`);
    const reply = send.call(this, command, ...rest);
    if (point)
      Promise.resolve(reply).then(
        () => failHere(`${point} answered`),
        () => undefined,
      );
    return reply;
  };
}
