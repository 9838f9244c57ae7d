import { Console } from "node:console";
import { Writable } from "node:stream";

/**
 * Sends what modules and handlers print with `console.log` to stderr: stdout holds a run's values and nothing else, so
 * that whatever reads it can rely on every line.
 */
export function consoleToStderr(write: (text: string) => void, colours: boolean): void {
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      write(String(chunk));
      done();
    },
  });
  Object.assign(globalThis.console, new Console({ stdout: stream, stderr: stream, colorMode: colours }));
}
