import { PassThrough } from "node:stream";
import type { Progress } from "datagraph";
import { afterEach, expect, test, vi } from "vitest";
import { chooseDisplay } from "./display.ts";

const progress = (values: number): Progress => ({
  state: "running",
  tasks: {},
  streams: { x: { state: "open", values, bytes: 0, backlog: 0 } },
});

/** A terminal that keeps what is written to it. */
function terminal(isTTY = true) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80, rows: 24 });
  let written = "";
  stream.on("data", (chunk) => {
    written += String(chunk);
  });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => written };
}

afterEach(() => vi.unstubAllEnvs());

test("a table is redrawn in place, below what is written, and stays when the run has ended", async () => {
  vi.stubEnv("TERM", "xterm");
  const { stream, written } = terminal();
  const display = chooseDisplay(true, stream);
  let values = 1;
  display.start(async () => progress(values));
  await vi.waitFor(() => expect(written()).toContain("● x"));
  expect(written()).not.toContain("\x1b[");
  display.around(() => stream.write("value\n"));
  expect(written()).toContain("\r\x1b[3A\x1b[0Jvalue\n● running");
  values = 5;
  await display.stop();
  const last = written().split("\x1b[0J").at(-1);
  expect(last).toMatch(/^● running .*\n.*\n● x +5 .*\n$/);
  display.around(() => stream.write("after\n"));
  expect(written().endsWith(`${last}after\n`)).toBe(true);
});

test("a terminal that cannot redraw gets lines", async () => {
  vi.stubEnv("TERM", "dumb");
  const { stream, written } = terminal();
  const display = chooseDisplay(true, stream);
  display.start(async () => progress(5));
  await display.stop();
  expect(written()).toMatch(/^running 0\.\d s: x 5 \([\d,.]+\/s\)\n$/);
});

test("nothing is shown where nobody looks, or wants it", async () => {
  for (const display of [chooseDisplay(undefined, terminal(false).stream), chooseDisplay(false, terminal().stream)]) {
    display.start(() => Promise.reject(new Error("must not be read")));
    let wrote = false;
    display.around(() => {
      wrote = true;
    });
    expect(wrote).toBe(true);
    await display.stop();
  }
});

test("a store that is away for a moment does not disturb it", async () => {
  vi.stubEnv("TERM", "xterm");
  const { stream, written } = terminal();
  const display = chooseDisplay(true, stream);
  display.start(() => Promise.reject(new Error("away")));
  await display.stop();
  expect(written()).toBe("");
});
