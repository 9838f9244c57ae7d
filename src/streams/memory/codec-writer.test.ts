import { describe, expect, test } from "vitest";
import { EncodingError } from "../../errors.ts";
import { testStore } from "../../testing/store-conformance/index.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import { msgpackCodec } from "../codecs/index.ts";
import { MemoryStore } from "./memory-store.ts";

testStore("memory through a codec", async () => new MemoryStore({ codec: msgpackCodec() }), {
  bytes: "estimate",
  sharedBetweenProcesses: false,
});

describe("values through the codec of a memory store", () => {
  const PLAIN = { tasks: [{ processor: "reads", inputs: ["in"] }] };

  async function open(maxValueBytes?: number) {
    const store = new MemoryStore({ codec: msgpackCodec(), ...(maxValueBytes !== undefined && { maxValueBytes }) });
    const { run } = await store.create(wire(PLAIN));
    return { writer: run.writer(0), reader: run.reader(0, { consumer: 0 }), close: () => store.close() };
  }

  test("arrive as copies", async () => {
    const { writer, reader, close } = await open();
    const value = { list: [1, { deep: new Date(0) }] };
    writer.write(value);
    value.list.push(2);
    writer.writeMany([value]);
    await reader.wait();
    const copies = [...(reader.take(1) ?? []), ...(reader.take(1) ?? [])];
    expect(copies).toEqual([{ list: [1, { deep: new Date(0) }] }, { list: [1, { deep: new Date(0) }, 2] }]);
    expect(copies[1]).not.toBe(value);
    await close();
  });

  test("are refused where a store of bytes would refuse them", async () => {
    const { writer, close } = await open(100);
    expect(() => writer.write(() => {})).toThrow(EncodingError);
    expect(() => writer.writeMany(["x".repeat(200)])).toThrow(/"in" takes 20\d bytes; the limit is 100/);
    await close();
  });
});
