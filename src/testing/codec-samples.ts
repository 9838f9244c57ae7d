/** Values that every codec must keep. */
export const keptByEvery: Readonly<Record<string, unknown>> = {
  null: null,
  booleans: [true, false],
  numbers: [0, 1, -1, 31, 32, 63, 64, 127, 128, 255, 256, -32, -33, -128, -129, 65_535, 65_536, 2 ** 31, -(2 ** 31), 2 ** 32],
  "large and small numbers": [2 ** 53, -(2 ** 53) + 1, 1e300, 5e-324, 0.1, Number.MAX_VALUE, Math.PI],
  strings: ["", "a", "x".repeat(31), "x".repeat(32), "x".repeat(70_000), "é", "日本語", "🦊".repeat(40), '\0\u2028\\"'],
  lists: [[], [[]], [1, [2, [3]]], Array.from({ length: 20 }, (_, i) => i)],
  objects: [{}, { a: { b: { c: 1 } } }, { "": 0, "a b": 1, é: 2, "1": 3, "-1": 4 }],
  "many kinds of objects": Array.from({ length: 200 }, (_, i) => ({ [`k${i % 70}`]: i, nested: { [`n${i % 90}`]: { i } } })),
  "objects of one kind": Array.from({ length: 20 }, (_, i) => ({ id: i, name: `n${i}`, ok: i % 2 === 0 })),
  "an object with many keys": Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, i])),
  "keys that objects inherit": [
    { constructor: 1, hasOwnProperty: 2, toString: 3, valueOf: 4, isPrototypeOf: 5, length: 6, toJSON: 7 },
    { constructor: { prototype: { polluted: true } }, prototype: { a: 1 } },
  ],
  "keys that look internal": [{ a: 1, __keys__: 2 }, { a: 1 }, { __keys__: 3 }, { __proto_: 4 }, { a: 1, __keys__: 5, b: 6 }],
  "a key named __proto__": JSON.parse('[{"a":1,"__proto__":{"polluted":true}},{"__proto__":null},{"__proto__":[1]}]'),
};

/** A chunk that is small enough to damage at every byte. */
export const smallChunk: readonly unknown[] = [
  ...Array.from({ length: 5 }, (_, i) => ({ id: i * 1000, name: `name ${i}`, ok: i % 2 === 0 })),
  { list: [1, -1, 0.5, null, "日本語", "x".repeat(40)], inner: { id: 1, deeper: { list: [[], {}] } } },
  ...Array.from({ length: 20 }, (_, i) => i * 37),
];

const numbers = [1, 2, 250];

/** Values that a codec either keeps or refuses, by the feature they stand for. */
export const optionalSamples = {
  bigint: [
    0n,
    1n,
    -1n,
    2n ** 63n - 1n,
    2n ** 63n,
    -(2n ** 63n),
    -(2n ** 63n) - 1n,
    2n ** 64n - 1n,
    2n ** 64n,
    -(10n ** 400n),
    7n ** 90_000n,
  ],
  date: [new Date(0), new Date(1), new Date(-1), new Date(1_700_000_000_123), new Date(-8.64e15), new Date(8.64e15)],
  "invalid date": new Date(Number.NaN),
  map: new Map<unknown, unknown>([
    ["a", 1],
    [2, { b: new Map() }],
    [{ key: 1 }, null],
    [null, [new Map([["x", 1]])]],
  ]),
  set: new Set<unknown>([1, "a", { b: new Set() }, [2]]),
  undefined: [undefined, 1, undefined],
  "not a number": Number.NaN,
  infinity: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  "negative zero": -0,
  bytes: [new Uint8Array(numbers), new Uint8Array(), new Uint8Array(70_000).fill(7)],
  buffer: [Buffer.from(numbers), Buffer.alloc(0), Buffer.alloc(70_000, 7)],
  "typed arrays": [
    new Int8Array(numbers),
    new Uint8ClampedArray(numbers),
    new Int16Array(numbers),
    new Uint16Array(numbers),
    new Int32Array(numbers),
    new Uint32Array(numbers),
    new Float32Array([0.5, -0, Number.NaN]),
    new Float64Array([0.1, -0, Number.NaN]),
    new BigInt64Array([-1n, 2n]),
    new BigUint64Array([1n, 2n ** 64n - 1n]),
    new Uint16Array([1, 2, 3, 4]).subarray(1, 3),
  ],
  "array buffer": [new Uint8Array(numbers).buffer, new ArrayBuffer(0), new DataView(new Uint8Array(numbers).buffer, 1)],
  "lone surrogates": ["\ud800", "a\udc00b", `${"x".repeat(100)}\udfff`, { "\ud800": 1 }],
} as const;

class Point {
  readonly x = 1;
}

class Dictionary extends Map<string, unknown> {}

class Stack extends Array<unknown> {}

/** Values that no codec can keep, each made anew. */
export const hostileValues: Readonly<Record<string, () => unknown>> = {
  "a function": () => () => 1,
  "a class": () => Point,
  "a symbol": () => Symbol("s"),
  "an instance of a class": () => new Point(),
  "an instance of a class derived from a built-in": () => new Dictionary(),
  "an instance of a class derived from Array": () => Stack.of(1, 2),
  "a promise": () => Promise.resolve(1),
  "a weak map": () => new WeakMap(),
  "an error": () => new TypeError("no"),
  "a regular expression": () => /a/g,
  "a boxed number": () => Object(1),
  "a list with a hole": () => Object.assign(new Array(3), { 0: 1, 2: 3 }),
  "an endless list of holes": () => new Array(2 ** 32 - 1),
  "a getter that throws": () => ({
    get boom() {
      throw new Error("never read me");
    },
  }),
  "a proxy that throws": () =>
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no keys");
        },
      },
    ),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "an object that contains itself": () => {
    const object: { a: number; self?: unknown } = { a: 1 };
    object.self = { deeper: object };
    return object;
  },
  "a list that contains itself twice": () => {
    const list: unknown[] = [];
    list.push(list, list);
    return list;
  },
  "lists 100,000 deep": () => nested(100_000, (inner) => [inner]),
  "objects 100,000 deep": () => nested(100_000, (inner) => ({ inner })),
  "a small value that grows to 2^60 when it is written": () => nested(60, (inner) => [inner, inner]),
};

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = wrap(value);
  return value;
}

/** What must be the same before and after: the names of everything on the prototypes that payloads could reach. */
export function sharedPrototypes(): unknown {
  const prototypes = [Object, Array, Function, Map, Set, Date, String, Number, Boolean, Uint8Array, Buffer].map(
    (c) => c.prototype,
  );
  return prototypes.map((prototype) => [
    Reflect.ownKeys(prototype).map(String),
    Object.getPrototypeOf(prototype) === Object.prototype,
  ]);
}

/**
 * Damaged copies of a chunk: bytes changed, cut out, repeated. Always the same ones, for a failure must come again.
 *
 * @param count how many.
 */
export function* mutations(bytes: Uint8Array, count: number): Generator<Uint8Array> {
  const random = randomNumbers(1);
  for (let i = 0; i < count; i++) {
    const copy = Buffer.from(bytes);
    const changes = 1 + random(4);
    for (let change = 0; change < changes; change++) copy[random(copy.length)] = random(256);
    const at = random(copy.length);
    const size = random(16);
    if (i % 4 === 1) yield Buffer.concat([copy.subarray(0, at), copy.subarray(at + size)]);
    else if (i % 4 === 2) yield Buffer.concat([copy.subarray(0, at + size), copy.subarray(at)]);
    else yield copy;
  }
}

/** Pseudo-random whole numbers below a bound: enough to damage bytes, and equal on every machine. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
