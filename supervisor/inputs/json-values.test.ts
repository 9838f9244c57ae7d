import fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { jsonDocument } from "./json-document.ts";
import { jsonLines } from "./json-lines.ts";
import { decodeText } from "./text-chunks.ts";

type Reader = (text: AsyncIterable<string>, label: string) => AsyncGenerator<unknown, void, undefined>;

async function* list<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}

async function read(reader: Reader, ...chunks: string[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of reader(list(chunks), "in")) values.push(value);
  return values;
}

/** Text as the chunks that a stream might give. */
const cut = (text: string, size: number) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
const seed = inject("seed");

describe("JSON Lines", () => {
  test("any values, cut anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), async (values, size) => {
        const text = values.map((value) => JSON.stringify(value)).join("\n");
        expect(await read(jsonLines, ...cut(text, size))).toEqual(JSON.parse(JSON.stringify(values)));
      }),
      { seed, numRuns: 100 },
    );
  });

  test("blank lines and carriage returns do not matter, and the last line needs no end", async () => {
    expect(await read(jsonLines, '\n1\r\n  \n"a"\r', "\n2")).toEqual([1, "a", 2]);
    expect(await read(jsonLines)).toEqual([]);
  });

  test("a value comes before the next line does", async () => {
    const chunks = (async function* () {
      yield "1\n2";
      throw new Error("read too far");
    })();
    const lines = jsonLines(chunks, "in");
    expect(await lines.next()).toEqual({ done: false, value: 1 });
    await expect(lines.next()).rejects.toThrow("read too far");
  });

  test("an error names the line and what was found", async () => {
    await expect(read(jsonLines, "1\n\n", "nope\n3")).rejects.toThrow('in:3: expected one JSON value per line, found "nope".');
    await expect(read(jsonLines, "1 2")).rejects.toThrow(UsageError);
    await expect(read(jsonLines, "[\n1,\n2]")).rejects.toThrow(/in:1: .*ends in \.json/);
  });
});

describe("a JSON document", () => {
  test("the elements of any array, cut and laid out anyhow", async () => {
    const layout = fc.constantFrom(undefined, 1, "\t");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), layout, async (values, size, space) => {
        const text = ` ${JSON.stringify(values, undefined, space)}\n`;
        expect(await read(jsonDocument, ...cut(text, size))).toEqual(JSON.parse(text));
      }),
      { seed, numRuns: 200 },
    );
  });

  test("anything else is one value", async () => {
    expect(await read(jsonDocument, '{"a"', ":[1]}")).toEqual([{ a: [1] }]);
    expect(await read(jsonDocument, "  ", "5")).toEqual([5]);
  });

  test("an element comes before the next one does", async () => {
    const chunks = (async function* () {
      yield '[{"a":"]"},';
      throw new Error("read too far");
    })();
    expect(await jsonDocument(chunks, "in").next()).toEqual({ done: false, value: { a: "]" } });
  });

  test.each([
    ["[1,\n\n oops,\n3]", /^in:3: expected a JSON array of values, found "oops"/],
    ["[1,\n{\n2}]", /^in:2: .*found "\{\\n2\}"/],
    ["[1,]", /^in:1: .*found nothing/],
    ["[1\n", /^in:2: .*the end of the text before the end of the array/],
    ["[1]\n[2]", /^in:2: .*"\[" behind the array/],
    ["", /the end of the text/],
    ["5 6", /expected one JSON document, found "5 6"\. JSON Lines/],
  ])("%j is refused", async (text, message) => {
    await expect(read(jsonDocument, text)).rejects.toThrow(UsageError);
    await expect(read(jsonDocument, text)).rejects.toThrow(message);
  });
});

describe("text of bytes", () => {
  const decode = (...chunks: Uint8Array[]) => collect(decodeText(list(chunks), "in"));

  test("characters may be cut in two, and a byte order mark is left out", async () => {
    const bytes = Buffer.from("\ufeff„日本\u{1f600}“");
    for (let at = 0; at <= bytes.length; at++) {
      expect((await decode(bytes.subarray(0, at), bytes.subarray(at))).join("")).toBe("„日本\u{1f600}“");
    }
  });

  test("other bytes are refused", async () => {
    await expect(decode(Buffer.from([0x22, 0xff, 0x22]))).rejects.toThrow("in: expected text in UTF-8");
    await expect(decode(Buffer.from([0xe6]))).rejects.toThrow(UsageError);
  });
});

async function collect(text: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const part of text) all.push(part);
  return all;
}
