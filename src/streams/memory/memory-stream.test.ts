import { expect, test } from "vitest";
import { TrimmedError } from "../../errors.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import { MemoryReader } from "./memory-reader.ts";
import { MemoryStream } from "./memory-stream.ts";

const CHUNK = Array.from({ length: 256 }, (_, index) => index);
const waits = { begin: () => {}, end: () => {} };

function open() {
  const record = wire({ tasks: [{ processor: "reads", inputs: ["in"] }], bounds: { retain: "unread" } }).streams[0];
  if (!record) throw new Error("There is a stream");
  const stream = new MemoryStream(record);
  return { stream, reader: (peek = false) => new MemoryReader(stream, { consumer: 0, peek }, waits) };
}

test("a chunk that was let go of holds none of those after it", () => {
  const { stream, reader } = open();
  const own = reader();
  const dropped = stream.head;
  for (let n = 0; n < 3; n++) stream.appendMany([...CHUNK]);
  expect(dropped.next).toBeDefined();
  while (own.take(1000));
  expect(stream.floor).toBe(768);
  expect(dropped.next).toBeUndefined();
  expect(stream.head.values).toEqual([]);
});

test("a reader whose chunk was let go of goes on behind it", () => {
  const { stream, reader } = open();
  const [own, other] = [reader(), reader()];
  let expected = 0;
  for (let n = 0; n < 20; n++) {
    stream.append(n);
    expect([own.take(10), own.take(10), other.take(10)]).toEqual([[expected], undefined, [expected]]);
    expected++;
  }
});

test("who looks without attaching is told when what it would see next is gone", () => {
  const { stream, reader } = open();
  const [own, peeking] = [reader(), reader(true)];
  for (let n = 0; n < 3; n++) stream.appendMany([...CHUNK]);
  expect(peeking.take(1000)).toEqual(CHUNK);
  while (own.take(1000));
  expect(() => peeking.take(1000)).toThrow(TrimmedError);
});
