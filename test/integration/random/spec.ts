import { fc } from "../../support/random.ts";

/** How a processor reads its inputs. */
export type Order = "sequential" | "held" | "zip" | "padded" | "merged" | "arrival" | "first" | "batches";
export type Rate = "none" | "microtask" | "immediate" | "timer";

/** One processor of a random flow, as plain data. */
export interface ProcessorSpec {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly kind: "generator" | "each" | "batch";
  /** What a handler of single values is. */
  readonly form: "plain" | "async" | "generator";
  readonly order: Order;
  readonly wait: boolean;
  readonly rate: Rate;
  /** Values that one emission may hold; the size of batches. */
  readonly chunk: number;
  readonly maxWaitMs: number;
  readonly concurrency: number;
  readonly ordered: boolean;
  /** How many share its input; not of generators. */
  readonly replicas: number;
  /** Whether its values have keys: then it keeps the order of each. */
  readonly keyed: boolean;
  /** Values it reads of each input before it leaves. */
  readonly take: number;
}

export interface FlowSpec {
  readonly processors: readonly ProcessorSpec[];
  /** Values of the floating inputs, and how fast they come. */
  readonly inputs: Readonly<Record<string, { readonly values: readonly number[]; readonly rate: Rate }>>;
  readonly highWater: number;
  /** Bytes; absent for the default. */
  readonly maxBacklog: number | undefined;
  /** Whether the caller reads one output after the other. */
  readonly oneByOne: boolean;
  readonly unread: boolean;
  readonly all: boolean;
}

const rate = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Rate>("none") },
  { weight: 2, arbitrary: fc.constant<Rate>("microtask") },
  { weight: 2, arbitrary: fc.constant<Rate>("immediate") },
  { weight: 1, arbitrary: fc.constant<Rate>("timer") },
);

const rawProcessor = fc.record({
  picks: fc.array(fc.nat(1000), { maxLength: 4 }),
  outputs: fc.integer({ min: 0, max: 3 }),
  kind: fc.constantFrom("generator" as const, "generator" as const, "each" as const, "batch" as const),
  form: fc.constantFrom("plain" as const, "async" as const, "generator" as const),
  order: fc.constantFrom<Order>("sequential", "held", "zip", "padded", "merged", "arrival", "first", "batches"),
  wait: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  rate,
  chunk: fc.integer({ min: 1, max: 5 }),
  maxWaitMs: fc.constantFrom(0, 0, 1, Number.POSITIVE_INFINITY),
  concurrency: fc.integer({ min: 1, max: 4 }),
  ordered: fc.boolean(),
  replicas: fc.constantFrom(1, 1, 1, 2, 3),
  keyed: fc.constantFrom(false, false, false, false, true),
  take: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(1_000_000), fc.constant(1_000_000)),
});

const rawInput = fc.record({ count: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 60 })), rate });

/** Random flows of up to 12 processors: each reads what the caller supplies or processors before it write. */
export const flows: fc.Arbitrary<FlowSpec> = fc
  .record({
    processors: fc.array(rawProcessor, { minLength: 1, maxLength: 12 }),
    floating: fc.array(rawInput, { minLength: 1, maxLength: 3 }),
    highWater: fc.integer({ min: 1, max: 4 }),
    maxBacklog: fc.constantFrom(undefined, undefined, 1, 50, 400),
    oneByOne: fc.boolean(),
    unread: fc.boolean(),
    all: fc.boolean(),
  })
  .map(({ processors, floating, ...rest }) => {
    const streams = floating.map((_, i) => `in${i}`);
    const specs = processors.map(({ picks, outputs, kind, ...raw }, index): ProcessorSpec => {
      const inputs = [...new Set(picks.map((pick) => streams[pick % streams.length] ?? ""))];
      const made = Array.from({ length: inputs.length === 0 ? Math.max(1, outputs) : outputs }, (_, i) => `s${index}.${i}`);
      streams.push(...made);
      return { ...raw, name: `p${index}`, inputs, outputs: made, kind: inputs.length === 0 ? "generator" : kind };
    });
    const used = new Set(specs.flatMap((spec) => spec.inputs));
    const inputs = Object.fromEntries(
      floating.flatMap(({ count, rate }, i) =>
        used.has(`in${i}`) ? [[`in${i}`, { values: Array.from({ length: count }, (_, v) => v + 100 * i), rate }]] : [],
      ),
    );
    return { ...rest, processors: specs, inputs };
  });
