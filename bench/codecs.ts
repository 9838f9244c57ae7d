// `npm run build && npx tsc -p tsconfig.bench.json && node dist/bench/codecs.js [CASE …] [--json]`: how fast the codecs
// are beside msgpackr alone. A case that is named alone runs undisturbed; all together they show what mixed use costs.
import { type Codec, compressed, jsonCodec, msgpackCodec, signed } from "datagraph";
import { pack, unpack } from "msgpackr";
import { type Spread, spreadOf } from "./stats.ts";

const ROUNDS = 15;
/** The first rounds only warm up. */
const WARM_UP_ROUNDS = 3;
const ROUND_MS = 40;
const REFERENCE = "msgpackr alone";

interface Rates<T> {
  readonly encode: T;
  readonly decode: T;
}

const cases: Readonly<Record<string, readonly unknown[]>> = {
  "256 records": list(256, (i) => ({ id: i, name: `n${i}`, ok: i % 2 === 0 })),
  "16 records": list(16, (i) => ({ id: i, name: `n${i}`, ok: i % 2 === 0 })),
  "256 numbers": list(256, (i) => i * 37),
  "256 nested": list(256, (i) => ({ id: i, tags: ["a", "b"], user: { name: `n${i}`, address: { city: "X", zip: "1234" } } })),
  "256 with dates": list(256, (i) => ({ id: i, at: new Date(1.7e12 + i) })),
  "256 with -0": list(256, (i) => ({ id: i, change: i % 2 ? -0 : 1 })),
  "256 of unique keys": list(256, (i) => ({ [`k${i}`]: i, [`v${i * 7}`]: "x" })),
  "1 string of 100 KB": ["x".repeat(100_000)],
};

const codecs: Readonly<Record<string, Codec>> = {
  [REFERENCE]: { name: REFERENCE, encode: (values) => pack(values), decode: (bytes) => unpack(bytes) },
  msgpack: msgpackCodec(),
  json: jsonCodec(),
  signed: signed(msgpackCodec(), { key: "a key for benchmarks" }),
  deflate: compressed(msgpackCodec()),
};

function list(length: number, make: (index: number) => unknown): unknown[] {
  return Array.from({ length }, (_, i) => make(i));
}

/** Values per second of every codec, in turns, so that what disturbs the machine disturbs all of them. */
function measure(values: readonly unknown[]): Map<string, Rates<Spread>> {
  const rates = new Map<string, Rates<number[]>>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, codec] of Object.entries(codecs)) {
      const bytes = tryEncode(codec, values);
      if (!bytes) continue;
      const { encode, decode } = rates.get(name) ?? { encode: [], decode: [] };
      encode.push(valuesPerSecond(values.length, () => codec.encode(values)));
      decode.push(valuesPerSecond(values.length, () => codec.decode(bytes)));
      rates.set(name, { encode, decode });
    }
  }
  const spread = (all: readonly number[]) => spreadOf(all.slice(WARM_UP_ROUNDS));
  return new Map([...rates].map(([name, { encode, decode }]) => [name, { encode: spread(encode), decode: spread(decode) }]));
}

/** JSON refuses some of the cases. */
function tryEncode(codec: Codec, values: readonly unknown[]): Uint8Array | undefined {
  try {
    return Uint8Array.from(codec.encode(values));
  } catch {
    return undefined;
  }
}

function valuesPerSecond(count: number, run: () => unknown): number {
  const start = performance.now();
  let runs = 0;
  do {
    for (let i = 0; i < 10; i++) run();
    runs += 10;
  } while (performance.now() - start < ROUND_MS);
  return (runs * count * 1000) / (performance.now() - start);
}

function report(name: string, results: ReadonlyMap<string, Rates<Spread>>): void {
  const reference = results.get(REFERENCE);
  console.log(`\n${name}: values/s, median (lowest–highest round), and its ratio to ${REFERENCE}`);
  for (const [codec, { encode, decode }] of results) {
    console.log(`  ${codec.padEnd(15)} encode ${show(encode, reference?.encode)}   decode ${show(decode, reference?.decode)}`);
  }
}

function show({ median, min, max }: Spread, reference: Spread | undefined): string {
  const range = `${short(median).padStart(7)} (${short(min)}–${short(max)})`.padEnd(24);
  return `${range}${(median / (reference?.median ?? median)).toFixed(2)}×`;
}

function short(rate: number): string {
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(1)}M` : `${(rate / 1e3).toFixed(0)}k`;
}

const asJson = process.argv.includes("--json");
const wanted = process.argv.slice(2).filter((argument) => argument !== "--json");
for (const [name, values] of Object.entries(cases)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const results = measure(values);
  if (asJson) console.log(JSON.stringify({ case: name, results: Object.fromEntries(results) }));
  else report(name, results);
}
