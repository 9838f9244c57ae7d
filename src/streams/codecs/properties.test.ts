import { describe, expect, test } from "vitest";
import { fc } from "../../../test/support/random.ts";
import { DecodingError, EncodingError, TamperedDataError } from "../../errors.ts";
import { sharedPrototypes } from "../../testing/codec-samples.ts";
import { firstDifference } from "../../testing/first-difference.ts";
import { compressed, jsonCodec, msgpackCodec, signed } from "./index.ts";

const HOSTILE_RUNS = 100_000;

const anyText = fc.array(fc.nat(0xffff), { maxLength: 80 }).map((units) => String.fromCharCode(...units));
const anyKey = fc.oneof(
  fc.string({ maxLength: 8 }),
  anyText,
  fc.constantFrom(
    "__proto__",
    "__keys__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "toString",
    "toJSON",
    "length",
    "0",
    "id",
    "name",
  ),
);

/** Everything that the default codec promises to keep. */
const plainData = fc.anything({
  key: anyKey,
  values: [
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY, "", "\ud800"),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    anyText,
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.bigInt({ min: -(2n ** 2000n), max: 2n ** 2000n }),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.uint8Array().map((bytes) => new DataView(Uint8Array.from(bytes).buffer)),
  ],
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  maxDepth: 5,
});

/** Records of few kinds, as flows have them, with a stranger among them now and then. */
const chunks = fc.oneof(
  fc.array(plainData, { maxLength: 20 }),
  fc.array(fc.oneof(fc.record({ id: fc.integer(), name: fc.string() }, { requiredKeys: [], noNullPrototype: true }), plainData), {
    maxLength: 60,
  }),
);

describe("what comes back is what was written", () => {
  const codecs = [
    msgpackCodec(),
    signed(msgpackCodec(), { key: "0123456789abcdef" }),
    compressed(msgpackCodec(), { threshold: 0 }),
  ];
  for (const codec of codecs) {
    test(codec.name, () => {
      fc.assert(
        fc.property(chunks, (values) => {
          expect(firstDifference(codec.decode(codec.encode(values)), values)).toBe(undefined);
        }),
        { numRuns: 3000 },
      );
    });
  }

  test("JSON", () => {
    const codec = jsonCodec();
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ noUnicodeString: false }).filter((value) => !JSON.stringify(value).includes("-0"))),
        (values) => {
          const written = JSON.parse(JSON.stringify(values));
          expect(firstDifference(codec.decode(codec.encode(written)), written)).toBe(undefined);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("JSON keeps a value exactly or refuses it", () => {
    const codec = jsonCodec();
    fc.assert(
      fc.property(plainData, (value) => {
        try {
          const [decoded] = codec.decode(codec.encode([value]));
          // The one exception: properties that are undefined are left out.
          const decodedAgain = codec.decode(codec.encode([decoded]));
          expect(firstDifference(decodedAgain, [decoded])).toBe(undefined);
          if (firstDifference(decoded, value) !== undefined) expect(hasUndefinedProperty(value)).toBe(true);
        } catch (error) {
          if (!(error instanceof EncodingError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

test("equal values give equal bytes, whatever the codec encoded before", () => {
  const codec = msgpackCodec();
  fc.assert(
    fc.property(chunks, chunks, (before, values) => {
      codec.encode(before);
      const bytes = Buffer.from(codec.encode(values));
      expect(bytes.equals(msgpackCodec().encode(values))).toBe(true);
      codec.decode(codec.encode(before));
      expect(bytes.equals(codec.encode(values))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

describe(`${HOSTILE_RUNS} hostile payloads`, () => {
  const codec = msgpackCodec();
  const json = jsonCodec();

  test("values: encoded exactly or refused, and no prototype is altered", { timeout: 240_000 }, () => {
    const before = sharedPrototypes();
    fc.assert(
      fc.property(hostileValue(), (make) => {
        for (const each of [codec, json]) {
          try {
            for (const decoded of each.decode(each.encode([make()]))) expectOrdinary(decoded);
          } catch (error) {
            if (!(error instanceof EncodingError)) throw error;
          }
        }
      }),
      { numRuns: HOSTILE_RUNS },
    );
    expect(sharedPrototypes()).toEqual(before);
  });

  test("bytes: decoded or refused, and no prototype is altered", { timeout: 240_000 }, () => {
    const before = sharedPrototypes();
    const wrapped = [json, signed(codec, { key: "0123456789abcdef" }), compressed(codec)];
    fc.assert(
      fc.property(hostileBytes(), fc.nat(wrapped.length - 1), (bytes, which) => {
        for (const each of [codec, wrapped[which] ?? codec]) {
          try {
            for (const decoded of each.decode(bytes)) expectOrdinary(decoded);
          } catch (error) {
            if (!(error instanceof DecodingError) && !(error instanceof TamperedDataError)) throw error;
          }
        }
      }),
      { numRuns: HOSTILE_RUNS },
    );
    expect(sharedPrototypes()).toEqual(before);
    expect(codec.decode(codec.encode([{ a: 1 }]))).toEqual([{ a: 1 }]);
  });
});

/** Makers of values, because some of them answer differently each time. */
function hostileValue(): fc.Arbitrary<() => unknown> {
  const bad = fc.constantFrom<() => unknown>(
    () => () => 1,
    () => Symbol.iterator,
    () => Promise.resolve(),
    () => new WeakMap(),
    () => new (class Sneaky extends Map {})(),
    () => Object.create({ inherited: 1 }),
    () =>
      new Proxy(
        {},
        { get: () => () => 1, ownKeys: () => ["a"], getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }) },
      ),
    () => new Proxy([], { get: (_, name) => (name === "length" ? 1000 : Math.random() < 0.5 ? 1 : () => 1) }),
    () => Object.defineProperty({}, "x", { enumerable: true, get: () => (Math.random() < 0.5 ? 1 : Symbol("s")) }),
    () => Object.defineProperty({}, "__proto__", { enumerable: true, get: () => ({ polluted: true }) }),
    () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
    () => Array.from({ length: 300 }).reduce((inner) => [inner], 1),
    () => [1, [2, Object.assign([], { 3: 4 })]],
  );
  const knot = fc.nat(5).map((length) => () => {
    const top = {};
    let bottom = top;
    for (let i = 0; i < length; i++) bottom = Object.assign(bottom, { next: {} }).next;
    return Object.assign(bottom, { back: top });
  });
  const { tree } = fc.letrec<{ tree: () => unknown; node: () => unknown }>((tie) => ({
    node: fc.dictionary(anyKey, tie("tree"), { maxKeys: 3 }).map((parts) => () => fromMakers(parts)),
    tree: fc.oneof(
      { maxDepth: 4 },
      plainData.map((value) => () => value),
      bad,
      knot,
      tie("node"),
    ),
  }));
  return tree;
}

function fromMakers(makers: Readonly<Record<string, () => unknown>>): object {
  return Object.fromEntries(Object.entries(makers).map(([key, make]) => [key, make()]));
}

/** Random bytes, bytes made of tokens that lead somewhere, and chunks that were damaged. */
function hostileBytes(): fc.Arbitrary<Uint8Array> {
  const codec = msgpackCodec();
  const tokens = fc.constantFrom(
    ...[
      "91",
      "9f",
      "dc0010",
      "dd00000004",
      "df00000002",
      "82",
      "40",
      "d4724091a161",
      "d4724192a161a162",
      "d47300",
      "d49d00",
      "d6ff",
      "c704740011",
    ],
    ...[
      "a9",
      "5f5f70726f746f5f5f",
      "ab636f6e7374727563746f72",
      "d9ff",
      "daffff",
      "dbffffffff",
      "c6ffffffff",
      "c1",
      "d66200000004",
      "d66900000001",
    ],
    ...["d67000000001", "d46500", "d47800", "c0", "01", "cb", "cf", "d3", "c7ff42", "d56040", "d57240"],
  );
  const damaged = fc
    .tuple(chunks, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
    .map(([values, changes, cut]) => {
      const bytes = Buffer.from(codec.encode(values));
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
    });
  return fc.oneof(
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    {
      weight: 5,
      arbitrary: fc
        .array(tokens, { maxLength: 30 })
        .map((parts) => Buffer.from(`9${(parts.length % 16).toString(16)}${parts.join("")}`, "hex")),
    },
    { weight: 3, arbitrary: damaged },
  );
}

/** All that was decoded is made of built-ins with their own prototypes. */
function expectOrdinary(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const maker = Object.getPrototypeOf(value)?.constructor;
  if (maker === Object || maker === Array) {
    for (const part of Object.values(value)) expectOrdinary(part);
  } else if (value instanceof Map || value instanceof Set) {
    for (const part of [...value.keys(), ...value.values()]) expectOrdinary(part);
  } else if (!(value instanceof Date || value instanceof ArrayBuffer || ArrayBuffer.isView(value))) {
    throw new Error(`decoded an instance of ${String(maker)}`);
  }
}

function hasUndefinedProperty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((part) => (part === undefined && !Array.isArray(value)) || hasUndefinedProperty(part));
}
