import { expect, test } from "vitest";
import { within } from "../../testing/eventually.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import { MemoryStore } from "./memory-store.ts";

async function open(bounds = {}) {
  const { run } = await new MemoryStore().create(wire({ tasks: [{ processor: "reads", inputs: ["in"] }], bounds }));
  return { writer: run.writer(0), reader: (from = 0) => run.reader(0, { consumer: 0, from }) };
}

test("everybody who waits with one reader is woken by a value, and by its close", async () => {
  const { writer, reader } = await open();
  const own = reader();
  const first = [own.wait(), own.wait()];
  writer.write(1);
  expect(await within(Promise.all(first), "a value")).toEqual([true, true]);
  own.take(1);
  const last = [own.wait(), own.wait()];
  own.close();
  expect(await within(Promise.all(last), "the close")).toEqual([false, false]);
});

test("values that a reader skips do not count as read too slowly", async () => {
  const { writer, reader } = await open({ highWaterBytes: 500 });
  const own = reader(100);
  const waiting = own.wait();
  for (let n = 0; n < 100; n++) {
    writer.write("x".repeat(100));
    if (writer.full) await within(writer.room(), `room after value ${n}`, { deadlineMs: 1000 });
  }
  writer.write("wanted");
  expect(await waiting).toBe(true);
  expect(own.take(10)).toEqual(["wanted"]);
});

test("what has begun to be taken whole does not grow under its reader", async () => {
  const { writer, reader } = await open();
  const own = reader();
  writer.write(1);
  await own.wait();
  const taken = own.take(10);
  writer.write(2);
  expect(taken).toEqual([1]);
  expect(own.take(10)).toEqual([2]);
});
