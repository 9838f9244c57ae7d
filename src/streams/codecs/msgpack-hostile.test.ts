import { setFlagsFromString } from "node:v8";
import { Packr } from "msgpackr";
import { describe, expect, test } from "vitest";
import { DecodingError } from "../../errors.ts";
import { sharedPrototypes } from "../../testing/codec-samples.ts";
import { msgpackCodec } from "./msgpack.ts";

const codec = msgpackCodec();

/** A chunk of one value, from its bytes. */
function chunk(...bytes: (number | string | Uint8Array)[]): Uint8Array {
  return Buffer.concat([Buffer.from([0x91]), ...bytes.map(toBytes)]);
}

function toBytes(part: number | string | Uint8Array): Uint8Array {
  if (typeof part === "number") return Buffer.from([part]);
  return typeof part === "string" ? Buffer.from(part, "latin1") : part;
}

describe("tokens that the encoder never writes", () => {
  const cases: Record<string, Uint8Array> = {
    "a record that is not defined": chunk(0x40),
    "a record with a two-byte id": chunk(0xd5, 0x72, 0x40, 0x01, 0x91, 0xa1, "a", 0x01),
    "a record defined with an id out of range": chunk(0xd4, 0x72, 0x05, 0x91, 0xa1, "a", 0x01),
    "a record with a field named __proto__": chunk(0xd4, 0x72, 0x40, 0x91, 0xa9, "__proto__", 0x01),
    "the same, its length written in another way": chunk(0xd4, 0x72, 0x40, 0x91, 0xd9, 0x09, "__proto__", 0x01),
    "a record whose field's name is a list": chunk(0xd4, 0x72, 0x40, 0x91, 0x91, 0xa9, "__proto__", 0x01),
    "a record whose field's name is a number": chunk(0xd4, 0x72, 0x40, 0x91, 0x01, 0x01),
    "a record whose fields are a map": chunk(0xd4, 0x72, 0x40, 0x81, 0x01, 0x01, 0x01),
    "a bundle of strings": chunk(0xd6, 0x62, 0, 0, 0, 4, 0x01),
    "a structured clone": chunk(0xd6, 0x69, 0, 0, 0, 1, 0x90),
    "a pointer": chunk(0xd6, 0x70, 0, 0, 0, 1),
    "an error": chunk(0xd4, 0x65, 0, 0x93, 0xab, "constructor", 0xa1, "x", 0xc0),
    "a regular expression": chunk(0xd4, 0x78, 0, 0x92, 0xa1, "a", 0xa1, "g"),
    "the unused token": chunk(0xc1),
    "a float of four bytes": chunk(0xca, 0, 0, 0, 0),
    "an extension of the application": chunk(0xd4, 0x01, 0x01),
    "a set that is no list": chunk(0xd4, 0x73, 0, 0x01),
    "a set of a set of a set": chunk(...Array.from({ length: 10_000 }, () => [0xd4, 0x73, 0]).flat(), 0x90),
    "an escape in an escape": chunk(...Array.from({ length: 10_000 }, () => [0xd4, 0x9d, 0]).flat(), 0x90),
    "an escape of an odd list": chunk(0xd4, 0x9d, 0, 0x91, 0xa1, "a"),
    "an escape with a key that is a number": chunk(0xd4, 0x9d, 0, 0x92, 0x01, 0x01),
    "a typed array of half an element": chunk(0xc7, 0x04, 0x74, 0x05, 1, 2, 3),
    "a typed array of no type": chunk(0xc7, 0x02, 0x74, 0x63, 1),
    "a map where the list of values must be": Buffer.from([0x81, 0x01, 0x01]),
    "one value without a list": Buffer.from([0x01]),
  };
  for (const [what, bytes] of Object.entries(cases)) {
    test(what, () => {
      expect(() => codec.decode(bytes)).toThrow(DecodingError);
      expect(codec.decode(codec.encode([{ a: 1 }]))).toEqual([{ a: 1 }]);
    });
  }

  test("what msgpackr itself writes for errors, regular expressions and shared references", () => {
    const shared = {};
    const packr = new Packr({ moreTypes: true, structuredClone: true });
    for (const value of [[new Error("x")], [/x/], [shared, shared]]) {
      expect(() => codec.decode(packr.pack(value))).toThrow(DecodingError);
    }
  });
});

describe("memory", () => {
  test("lengths that no bytes follow allocate nothing", () => {
    const fourGigabytes = [0xff, 0xff, 0xff, 0xff];
    const heads = [0xc6, 0xc9, 0xdb, 0xdd, 0xdf].map((token) => chunk(token, ...fourGigabytes, 0x74, 0x00));
    const nestedHeads = Buffer.concat([Buffer.from([0xdd, ...fourGigabytes]), ...heads]);
    const before = process.memoryUsage();
    for (const bytes of [...heads, nestedHeads]) {
      for (let i = 0; i < 1000; i++) expect(() => codec.decode(bytes)).toThrow(DecodingError);
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(16 * 2 ** 20);
  });

  test("lists that each claim all that remains are refused before the first is made", () => {
    const levels = 200;
    const bytes = Buffer.alloc(levels * 5 + 100_000, 0x01);
    for (let i = 0; i < levels; i++) {
      bytes[i * 5] = 0xdd;
      bytes.writeUInt32BE(100_000, i * 5 + 1);
    }
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 10; i++) expect(() => codec.decode(bytes)).toThrow(DecodingError);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 2 ** 20);
  });

  test("the table of records does not grow with the number of different objects", () => {
    setFlagsFromString("--expose-gc");
    const collect: unknown = Reflect.get(globalThis, "gc") ?? undefined;
    const write = (from: number) => {
      for (let i = from; i < from + 2000; i++)
        codec.encode(Array.from({ length: 20 }, (_, k) => ({ [`a${i}-${k}`]: 1, [`b${i}`]: 2 })));
      if (typeof collect === "function") collect();
      return process.memoryUsage().heapUsed;
    };
    const before = write(0);
    expect(write(10_000) - before).toBeLessThan(32 * 2 ** 20);
  });
});

test("payloads that parse to hostile keys leave every prototype alone, and keep their data", () => {
  const before = sharedPrototypes();
  const payloads = [
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '{"a":{"__proto__":{"__proto__":{"polluted":true}}},"b":-0}',
    '[{"__proto__":[],"length":4294967295},{"__proto__":null}]',
    '{"hasOwnProperty":0,"toString":null,"valueOf":{},"toJSON":1,"then":2,"__defineGetter__":3}',
  ];
  for (const payload of payloads) {
    const [decoded] = codec.decode(codec.encode([JSON.parse(payload)]));
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(JSON.parse(payload)));
  }
  expect(sharedPrototypes()).toEqual(before);
  expect(Reflect.get({}, "polluted")).toBe(undefined);
});
