import { EventEmitter, on } from "node:events";
import { expect, test } from "vitest";
import { isGeneratorObject } from "./generator-object.ts";

const methods = {
  next: () => ({ done: true, value: undefined }),
  throw: () => ({ done: true, value: undefined }),
  return: () => ({ done: true, value: undefined }),
};

/** What Babel's helper for `async function*` returns. */
class AsyncGenerator {
  _invoke(): void {}
  next(): void {}
  throw(): void {}
  return(): void {}
  [Symbol.asyncIterator](): this {
    return this;
  }
}

test.each([
  ["sync", (function* () {})()],
  ["async", (async function* () {})()],
  ["compiled by TypeScript", { ...methods, [Symbol.iterator]: () => methods }],
  ["async, compiled by TypeScript", { ...methods, [Symbol.asyncIterator]: () => methods }],
  ["async, compiled by Babel", new AsyncGenerator()],
])("a generator: %s", (_, value) => {
  expect(isGeneratorObject(value)).toBe(true);
});

test.each([
  ["list", [1]],
  ["text", "abc"],
  ["nothing", undefined],
  ["null", null],
  ["map", new Map()],
  ["iterator of a list", [1].values()],
  ["generator function", function* () {}],
  ["iterator of events", on(new EventEmitter(), "x")],
  ["iterator of a stream", new ReadableStream()[Symbol.asyncIterator]()],
  ["object with other methods too", { ...methods, [Symbol.iterator]: () => methods, close: () => undefined }],
  ["iterable", { [Symbol.asyncIterator]: () => methods }],
])("not a generator: %s", (_, value) => {
  expect(isGeneratorObject(value)).toBe(false);
});
