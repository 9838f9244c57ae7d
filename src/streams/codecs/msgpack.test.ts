import { createContext, runInContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { DeclarationError, DecodingError, EncodingError } from "../../errors.ts";
import { firstDifference } from "../../testing/first-difference.ts";
import { msgpackCodec } from "./msgpack.ts";

const codec = msgpackCodec();

function roundTrip(value: unknown): unknown {
  return codec.decode(codec.encode([value]))[0];
}

describe("what comes back in another form", () => {
  test("an object without a prototype becomes a plain object", () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(firstDifference(roundTrip(bare), { a: 1 })).toBe(undefined);
    expect(firstDifference(roundTrip(Object.assign(bare, { b: -0 })), { a: 1, b: -0 })).toBe(undefined);
  });

  test("objects and lists of another realm become ones of this realm", () => {
    const foreign: unknown = runInContext('({ list: [1, { a: "b" }], constructor: 1 })', createContext());
    expect(firstDifference(roundTrip(foreign), { list: [1, { a: "b" }], constructor: 1 })).toBe(undefined);
  });

  test("what is referred to twice becomes two", () => {
    const shared = { a: 1 };
    const decoded = roundTrip([shared, shared]);
    expect(decoded).toEqual([{ a: 1 }, { a: 1 }]);
    expect(Array.isArray(decoded) && decoded[0] !== decoded[1]).toBe(true);
  });

  test("symbol keys, non-enumerable properties and names on lists are left out", () => {
    const object = Object.defineProperty({ a: 1, [Symbol("s")]: 2 }, "hidden", { value: 3, enumerable: false });
    expect(firstDifference(roundTrip(object), { a: 1 })).toBe(undefined);
    expect(firstDifference(roundTrip(Object.assign([1], { named: 2 })), [1])).toBe(undefined);
  });

  test("a getter becomes its value", () => {
    const object = {
      get a() {
        return 1;
      },
    };
    expect(firstDifference(roundTrip(object), { a: 1 })).toBe(undefined);
  });

  test("bytes come back in memory of their own", () => {
    for (const bytes of [Buffer.from("abc"), new Uint8Array([1, 2, 3])]) {
      const decoded = roundTrip(bytes);
      expect(decoded instanceof Uint8Array && decoded.buffer.byteLength).toBe(3);
    }
  });
});

describe("errors of values", () => {
  const cases: [found: string, value: unknown, message: RegExp][] = [
    ["a function", { a: [{ b: () => 1 }] }, /values\[0\]\.a\[0\]\.b: found a function/],
    ["a promise", { p: Promise.resolve() }, /values\[0\]\.p: found an instance of Promise\. Await it first/],
    ["an error", new RangeError("x"), /values\[0\]: found an instance of RangeError\. .*\{ name, message, stack \}/],
    ["a symbol in a map", new Map([["k", Symbol("x")]]), /values\[0\]\.get\("k"\): found a symbol/],
    ["a function as a map's key", new Map([[() => 1, 1]]), /values\[0\]\.keys\(\)\[0\]: found a function/],
    ["a function in a set", new Set([1, () => 1]), /values\[0\]\.values\(\)\[1\]: found a function/],
    ["a key that is no identifier", { "a b": Symbol("x") }, /values\[0\]\["a b"\]/],
    ["a cycle", cycle(), /values\[0\]\.x\.y\[1\]: found a reference back/],
    ["too many levels", nested(257), /…\[0\].*: found more than 256 containers/],
  ];
  for (const [found, value, message] of cases) {
    test(found, () => {
      expect(() => codec.encode([value])).toThrow(EncodingError);
      expect(() => codec.encode([value])).toThrow(message);
    });
  }

  test("a getter that throws is named, with its error as the cause", () => {
    const cause = new Error("mine");
    const object = {
      fine: 1,
      get broken() {
        throw cause;
      },
    };
    expect(() => codec.encode([0, object])).toThrow(
      expect.objectContaining({ cause, message: expect.stringContaining("values[1].broken") }),
    );
  });

  test("an object that answers differently each time is refused or encoded, nothing else", () => {
    for (const answers of [
      [1, () => 1],
      [1, Symbol("s")],
      [1, nested(5000)],
      [-0, () => 1, () => 1],
    ]) {
      let asked = 0;
      const object = {
        get moody() {
          return answers[Math.min(asked++, answers.length - 1)];
        },
      };
      try {
        codec.decode(codec.encode([object]));
      } catch (error) {
        expect(error instanceof EncodingError || error instanceof DecodingError).toBe(true);
      }
      expect(roundTrip({ still: "works" })).toEqual({ still: "works" });
    }
  });
});

describe("limits", () => {
  test("as many levels as allowed, both ways", () => {
    for (const maxDepth of [1, 2, 256, 512]) {
      const limited = msgpackCodec({ maxDepth });
      for (const shape of [nested, nestedObjects, nestedMaps]) {
        expect(limited.decode(limited.encode([shape(maxDepth)]))).toHaveLength(1);
        expect(() => limited.encode([shape(maxDepth + 1)])).toThrow(EncodingError);
      }
    }
  });

  test("deeper chunks than this process allows are not decoded", () => {
    const bytes = msgpackCodec({ maxDepth: 10 }).encode([nested(10)]);
    expect(() => msgpackCodec({ maxDepth: 9 }).decode(bytes)).toThrow(DecodingError);
  });

  test("more values than allowed", () => {
    const limited = msgpackCodec({ maxItems: 10 });
    expect(limited.encode([1, [2, 3], { a: 4, b: 5 }, [6]])).toBeInstanceOf(Uint8Array);
    expect(() => limited.encode(Array.from({ length: 11 }, () => 0))).toThrow(/more than 10 values/);
    expect(() => limited.encode([-0, Array.from({ length: 10 }, () => 0)])).toThrow(/more than 10 values/);
  });

  test("limits that make no sense", () => {
    for (const options of [{ maxDepth: 0 }, { maxDepth: 1.5 }, { maxDepth: 513 }, { maxDepth: Number.NaN }, { maxItems: 0 }]) {
      expect(() => msgpackCodec(options)).toThrow(DeclarationError);
    }
  });
});

function cycle(): unknown {
  const list: unknown[] = [1];
  const object = { x: { y: list } };
  list.push(object);
  return object;
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
}

function nestedObjects(depth: number): unknown {
  let value: unknown = {};
  for (let i = 1; i < depth; i++) value = { [`k${i % 3}`]: value };
  return value;
}

function nestedMaps(depth: number): unknown {
  let value: unknown = new Map();
  for (let i = 1; i < depth; i++) value = i % 2 ? new Map([[1, value]]) : new Set([value]);
  return value;
}

describe("bytes that are handed over", () => {
  const large = Buffer.alloc(64 * 1024, 7);
  const views = [large, new Uint8Array(large), new Float64Array(8192).fill(1.5), large.buffer.slice(0, 40_000), { in: [large] }];

  test("large values of every kind come back as they were", () => {
    for (const value of views) expect(firstDifference(codec.decode(codec.encode([value]), true), [value])).toBe(undefined);
    expect(firstDifference(codec.decode(codec.encode(views.slice(0, 3)), true), views.slice(0, 3))).toBe(undefined);
  });

  test("small values keep nothing of the others: they are copies", () => {
    const bytes = codec.encode([Buffer.from("small"), Buffer.from("other")]);
    const [small] = codec.decode(bytes, true) as [Buffer];
    bytes.fill(0);
    expect(small.toString()).toBe("small");
  });
});
