import type { Writable } from "node:stream";

/** Writes text to stdout, at the pace of whoever reads it. */
export interface LineSink {
  /** Settles when there is room for more. */
  write(text: string): Promise<void>;
  /** Aborted when nobody reads any more, as after `| head -1`: then nothing more is written. */
  readonly closed: AbortSignal;
}

/** A reader of stdout has left: a reason to stop, but no failure. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/** @param around called with each write, so that it can make room on a terminal. */
export function lineSink(stream: Writable, around: (write: () => void) => void = (write) => write()): LineSink {
  const closed = new AbortController();
  let failure: Error | undefined;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") failure = error;
    closed.abort(failure ?? new OutputClosed("nobody reads the output any more"));
  });
  return {
    closed: closed.signal,
    async write(text) {
      if (closed.signal.aborted) return;
      let room = true;
      around(() => {
        room = stream.write(text);
      });
      if (!room) await drained(stream, closed.signal);
    },
  };
}

function drained(stream: Writable, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done);
      closed.removeEventListener("abort", done);
      resolve();
    };
    stream.once("drain", done);
    closed.addEventListener("abort", done);
  });
}
