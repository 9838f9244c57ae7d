import { expect, test } from "vitest";
import { IO } from "../io/io.ts";
import { MemoryStore } from "../streams/memory/memory-store.ts";
import { readerOf, writerOf, writeToEnd } from "../testing/store-conformance/kit.ts";
import { wire } from "../testing/store-conformance/wiring.ts";
import { type HandlerReader, handlerReader } from "./input-reader.ts";

/** A stream of ten numbers, and the readers that were opened of it. */
async function tenNumbers(name = "n"): Promise<{ io: IO<number>; readers: HandlerReader[]; closed: number[] }> {
  const { run } = await new MemoryStore().create(
    wire({ id: name, tasks: [{ processor: "works", inputs: [name] }], bounds: { retain: "all" } }),
  );
  await writeToEnd(writerOf(run, name), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const readers: HandlerReader[] = [];
  const closed: number[] = [];
  const io = new IO<number>(name, (options) => {
    const onClose = (position: number) => closed.push(position);
    const reader = handlerReader(readerOf(run, name, { as: "works", ...options }), { ...options, check: undefined, onClose });
    readers.push(reader);
    return reader;
  });
  return { io, readers, closed };
}

/** Takes so many from an iterable; what it does then is up to the caller. */
async function take(values: AsyncIterable<unknown>, count: number): Promise<AsyncIterator<unknown>> {
  const iterator = values[Symbol.asyncIterator]();
  for (let i = 0; i < count; i++) await iterator.next();
  return iterator;
}

test("what a handler iterates over counts when it gets it, not when it is read", async () => {
  const { io, readers, closed } = await tenNumbers();
  const iterator = await take(io, 3);
  expect(readers[0]?.position).toBe(3);
  await iterator.return?.();
  expect(closed).toEqual([3]);
  await take(io.stream({ from: 4 }), 2);
  expect(readers[1]?.position).toBe(6);
});

test("a list counts as a whole", async () => {
  const { io, readers } = await tenNumbers();
  await take(io.batches({ maxSize: 4 }), 2);
  expect(readers[0]?.position).toBe(8);
});

test("streams that are read together count each by itself", async () => {
  const [a, b] = [await tenNumbers("a"), await tenNumbers("b")];
  await take(a.io.streamWith(b.io), 3);
  expect([a.readers[0]?.position, b.readers[0]?.position]).toEqual([3, 3]);
  await take(a.io.asAvailable(b.io), 12);
  expect([a.readers[1]?.position, b.readers[1]?.position]).toEqual([10, 2]);
});

test("a web stream reads nothing ahead", async () => {
  const { io, readers } = await tenNumbers();
  const reader = io.toReadableStream().getReader();
  for (let i = 0; i < 3; i++) await reader.read();
  await new Promise((resolve) => setImmediate(resolve));
  expect(readers[0]?.position).toBe(3);
});

test("what was read to its end counts as that", async () => {
  const { io, closed } = await tenNumbers();
  await io.toArray();
  expect(closed).toEqual([10]);
});
