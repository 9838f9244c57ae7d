import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import { lineSink, OutputClosed } from "./line-sink.ts";

test("waits for a slow reader", async () => {
  const stream = new PassThrough({ highWaterMark: 4 });
  const sink = lineSink(stream);
  await sink.write("a");
  let written = false;
  const second = sink.write("bcdef").then(() => {
    written = true;
  });
  await new Promise(setImmediate);
  expect(written).toBe(false);
  expect(String(stream.read())).toBe("abcdef");
  await second;
});

test("a reader that has left ends it: who waits for room goes on, and nothing more is written", async () => {
  const pipe = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  const stream = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => setImmediate(done, pipe) });
  const sink = lineSink(stream);
  await sink.write("abc");
  expect(sink.closed.reason).toBeInstanceOf(OutputClosed);
  await sink.write("more");
});

test("another failure is kept as it is", async () => {
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  const sink = lineSink(new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => setImmediate(done, full) }));
  await sink.write("abc");
  expect(sink.closed.reason).toBe(full);
});

test("each write can be made room for", async () => {
  const stream = new PassThrough();
  const order: string[] = [];
  stream.on("data", (chunk) => order.push(String(chunk)));
  const sink = lineSink(stream, (write) => {
    order.push("before");
    write();
  });
  await sink.write("text");
  expect(order).toEqual(["before", "text"]);
});
