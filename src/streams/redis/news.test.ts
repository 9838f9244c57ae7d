import { expect, test } from "vitest";
import { channelOf, keysOf, runOf } from "./keys.ts";
import { addressed, readNews } from "./news.ts";

const read = (text: string) => readNews(Buffer.from(text, "latin1"));

test("values of a stream, with the chunk that came last where it is small", () => {
  expect(read("t:3:17")).toEqual({ kind: "values", stream: 3, values: 17, isToldOn: false });
  expect(read("T:3:17:2:140:\x91:\xff\0")).toEqual({
    kind: "values",
    stream: 3,
    values: 17,
    isToldOn: true,
    chunk: { first: 15, count: 2, bytesAfter: 140, body: Buffer.from([0x91, 0x3a, 0xff, 0]) },
  });
});

test("a revision and the transition before, with its ledger where that is short, whatever is in it", () => {
  expect(read("l:3:1")).toEqual({ kind: "ledger", revision: 3, since: 1 });
  const news = readNews(Buffer.from('l:12:10:0=5,13=0:{"a":"x:y,z=1:é"}'));
  expect(news).toEqual({
    kind: "ledger",
    revision: 12,
    since: 10,
    state: {
      revision: 12,
      ledger: '{"a":"x:y,z=1:é"}',
      tops: new Map([
        [0, { values: 5 }],
        [13, { values: 0 }],
      ]),
    },
  });
  expect(read("l:3:2::{}")).toMatchObject({ state: { tops: new Map() } });
});

test("who asks, where there is room, and what only a newer version knows", () => {
  expect(read("w:a:b")).toEqual({ kind: "waits", by: "a:b" });
  expect(read("c:2")).toEqual({ kind: "room" });
  expect(read("?")).toEqual({ kind: "room" });
});

test.each(["dg:", "a:b{c}:", "two\nlines,and a comma:"])(
  "a message says which run it is of, whatever the prefix: %j",
  (prefix) => {
    for (const run of ["plain", "any {text}: \n"]) {
      const keys = keysOf(prefix, run);
      const { hash, news } = addressed(Buffer.from(`${keys.run.length}:${keys.run}t:3:17`));
      expect([runOf(prefix, hash), news.toString()]).toEqual([run, "t:3:17"]);
      // Runs keep channels one per line.
      expect(channelOf(prefix, "process") + channelOf(prefix, "process", keys)).not.toContain("\n");
    }
  },
);
