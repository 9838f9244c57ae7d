import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { StreamWriter } from "../streams/store.ts";
import { feed } from "./feed.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("values that were written are let go while the source goes on", async () => {
  const written: WeakRef<object>[] = [];
  const writer: StreamWriter = {
    write: (value) => written.push(new WeakRef(value as object)),
    writeMany: () => {},
    credit: 0,
    full: true,
    room: async () => {},
    flush: async () => {},
    end: async () => {},
  };
  let kept = -1;
  async function* source() {
    for (let n = 0; n < 10; n++) yield { n };
    await new Promise(setImmediate);
    collectGarbage();
    kept = written.filter((value) => value.deref()).length;
  }
  await feed(source(), writer, [], { run: "run", input: "n" }, new AbortController().signal);
  expect(written.length).toBe(10);
  // The last one or two may still be on somebody's stack.
  expect(kept).toBeLessThanOrEqual(2);
});
