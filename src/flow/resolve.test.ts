import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fc } from "../../test/support/random.ts";
import { FlowResolutionError } from "../errors.ts";
import { type AnyProcessor, Processor } from "../processor/processor.ts";
import { type Schema, stream } from "../processor/schema.ts";
import { resolveProcessors } from "./resolve.ts";

function processor(name: string, inputs: readonly string[], outputs: readonly string[], wait = false): AnyProcessor {
  return new Processor({ name, inputs, outputs, wait });
}

function problemsOf(...processors: readonly AnyProcessor[]): readonly string[] {
  try {
    resolveProcessors(processors);
  } catch (error) {
    if (error instanceof FlowResolutionError) return error.problems;
    throw error;
  }
  return [];
}

function between(written: Schema, expected: Schema): readonly string[] {
  return problemsOf(new Processor({ name: "a", outputs: { s: written } }), new Processor({ name: "b", inputs: { s: expected } }));
}

/** Programs without types can hand over anything. */
const untyped = (value: unknown): AnyProcessor => value as AnyProcessor;

describe("the plan", () => {
  test("puts a waiting processor behind the producers of its inputs", () => {
    const { plan, topology } = resolveProcessors([
      processor("sum", ["n"], ["total"], true),
      processor("source", ["seed"], ["n"]),
      processor("show", ["total", "n"], ["text"]),
      processor("again", ["text"], ["end"], true),
    ]);
    expect(plan).toEqual([["source"], ["sum", "show"], ["again"]]);
    expect(topology.processors.map(({ name, partition }) => [name, partition])).toEqual([
      ["sum", 1],
      ["source", 0],
      ["show", 1],
      ["again", 2],
    ]);
  });

  test("a processor that waits for floating inputs only is in the first partition", () => {
    expect(resolveProcessors([processor("a", ["x"], ["y"], true), processor("b", ["y"], [])]).plan).toEqual([["a", "b"]]);
  });

  test("a chain of 10,000 processors resolves quickly", () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => processor(`p${i}`, [`s${i}`], [`s${i + 1}`], i % 1000 === 999));
    const started = performance.now();
    expect(resolveProcessors(chain.toReversed()).plan).toHaveLength(11);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("the topology", () => {
  test("has streams in the order of declaration, with their ends", () => {
    const { topology } = resolveProcessors([processor("a", ["x"], ["y", "z"]), processor("b", ["y", "x"], [])]);
    expect(topology.streams).toEqual([
      { name: "x", consumers: ["a", "b"] },
      { name: "y", producer: "a", consumers: ["b"] },
      { name: "z", producer: "a", consumers: [] },
    ]);
    expect(Object.isFrozen(topology.processors[0])).toBe(true);
  });

  test("takes any text as a name", () => {
    const names = ["__proto__", "a b", "😀", "line\nbreak", "nul\0", "constructor", "→"];
    const { plan, processors } = resolveProcessors(names.map((name) => processor(name, [], [name])));
    expect(plan).toEqual([names]);
    expect([...processors.keys()]).toEqual(names);
  });
});

describe("what is wrong", () => {
  test("an empty flow", () => {
    expect(problemsOf()).toEqual([expect.stringMatching(/no processors/)]);
  });

  test("everything at once", () => {
    const problems = problemsOf(
      processor("a", ["y"], ["x"]),
      processor("b", ["x"], ["y", "twice"]),
      processor("c", [], ["twice"]),
      processor("c", ["q"], []),
      processor("lonely", [], []),
    );
    expect(problems).toEqual([
      'Processor "lonely" has neither inputs nor outputs, so it has no place in a flow',
      '2 different processors are called "c"; a flow needs unique names',
      'Stream "twice" is written by 2 processors: "b", "c"; a stream has one writer',
      'Processors wait for each other in a cycle: a → b → a (through "x", "y")',
    ]);
  });

  test("the same processor twice, without what follows from it", () => {
    const a = processor("a", [], ["x"]);
    expect(problemsOf(a, a)).toEqual(['Processor "a" is given twice']);
  });

  test("an output that is its own input", () => {
    expect(problemsOf(processor("a", ["x"], ["x"]))).toEqual(['Processors wait for each other in a cycle: a → a (through "x")']);
  });

  test("several cycles, each in full, with parallel streams", () => {
    const problems = problemsOf(
      processor("a", ["c1"], ["a1", "a2"]),
      processor("b", ["a1", "a2", "d1"], ["b1"]),
      processor("c", ["b1"], ["c1"]),
      processor("d", ["b1"], ["d1"]),
      processor("before", [], ["o"]),
      processor("behind", ["b1", "o"], []),
    );
    expect(problems).toEqual([
      'Processors wait for each other in a cycle: a → b → c → a (through "a1" and "a2", "b1", "c1")',
      'Processors wait for each other in a cycle: b → d → b (through "b1", "d1")',
    ]);
  });

  test.each([
    ["", /its name is empty/],
    [" \n\t", /its name is blank/],
    ["x".repeat(10_001), /has 10001 characters; 10000 are allowed/],
    ["\ud83d", /half of a surrogate pair/],
  ])("the name %j", (name, message) => {
    expect(problemsOf(processor(name, ["in"], []))).toEqual([expect.stringMatching(message)]);
    expect(problemsOf(processor("a", [name], []))).toEqual([expect.stringMatching(message)]);
    expect(problemsOf(processor("a", [], [name]))).toEqual([expect.stringMatching(message)]);
  });

  test("names and schemas of programs without types", () => {
    expect(problemsOf(untyped(undefined), untyped([]))).toEqual([
      expect.stringMatching(/^item 1 .* is undefined, not a Processor \(modules that import each other/),
      expect.stringMatching(/^item 2 .* is a list \(spread it/),
    ]);
    const bad = { name: 5, inputs: [null], outputs: { x: Number } } as unknown;
    expect(problemsOf(new Processor(bad as { name: string; outputs: readonly string[] }))).toEqual([
      expect.stringMatching(/its name must be text, found number/),
      expect.stringMatching(/input null: its name must be text, found null/),
      expect.stringMatching(/output "x" has no schema that follows Standard Schema/),
    ]);
  });

  test("a stream that is listed twice", () => {
    expect(problemsOf(processor("a", ["x", "x"], []))).toEqual(['Processor "a": input "x" is listed twice']);
  });
});

describe("types that clash", () => {
  test("name the stream, both processors and both types", () => {
    expect(between(z.string(), z.number())).toEqual(['Stream "s": processor "a" writes string, but processor "b" reads number']);
  });

  test.each([
    ["enum and number", z.enum(["a"]), z.number()],
    ["literal and union", z.literal(5), z.union([z.string(), z.boolean()])],
    ["object and array", z.object({ a: z.string() }), z.array(z.string())],
    ["nullable and number", z.string().nullable(), z.int()],
    ["the end of a pipe", z.codec(z.string(), z.number(), { decode: Number, encode: String }), z.string()],
    ["the beginning of a pipe", z.number(), z.string().transform(Number)],
  ])("are found: %s", (_, written, expected) => {
    expect(between(written, expected)).toHaveLength(1);
  });

  test.each([
    ["integer and number", z.int(), z.number()],
    ["one type in common", z.union([z.string(), z.number()]), z.union([z.number(), z.boolean()])],
    ["null in common", z.string().nullable(), z.number().nullable()],
    ["coercion", z.string(), z.coerce.number()],
    ["pre-processing", z.string(), z.preprocess(Number, z.number())],
    ["catch", z.string(), z.number().catch(0)],
    ["optional values", z.string().optional(), z.number().optional()],
    ["default values", z.string().optional(), z.number().default(1)],
    ["dates", z.date(), z.string()],
    ["bytes", z.instanceof(Uint8Array), z.array(z.number())],
    ["transformations", z.string().transform(Number), z.string()],
    ["recursion", z.lazy(() => z.string()), z.number()],
    ["anything", z.any(), z.number()],
    ["unchecked streams", stream<string>(), z.number()],
    ["a union with a coercion", z.string(), z.union([z.boolean(), z.coerce.number()])],
  ])("are no false alarm: %s", (_, written, expected) => {
    expect(between(written, expected)).toEqual([]);
  });

  test("other libraries are taken at their word", () => {
    const schema = (input: object, output: object): Schema =>
      ({
        "~standard": {
          version: 1,
          vendor: "other",
          validate: (value: unknown) => ({ value }),
          jsonSchema: { input: () => input, output: () => output },
        },
      }) as Schema;
    const text = schema({ type: "string" }, { type: "string" });
    expect(between(text, schema({ allOf: [{ type: ["number", "null"] }, {}] }, {}))).toHaveLength(1);
    expect(between(text, schema({ const: 5 }, {}))).toHaveLength(1);
    expect(between(text, schema({ type: "text" }, {}))).toEqual([]);
    expect(between(text, schema({ $ref: "#/$defs/x" }, {}))).toEqual([]);
    expect(between(text, schema({ anyOf: [{ type: "number" }, true] }, {}))).toEqual([]);
  });
});

/** A random graph of processors: edges lead from earlier to later ones. Each processor writes one stream. */
const dag = fc.integer({ min: 1, max: 12 }).chain((size) =>
  fc.record({
    waits: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
    edges: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 }),
    order: fc.shuffledSubarray(
      Array.from({ length: size }, (_, i) => i),
      { minLength: size, maxLength: size },
    ),
  }),
);

function declare(
  { waits, order }: { waits: boolean[]; order: number[] },
  edges: readonly (readonly [number, number])[],
): AnyProcessor[] {
  return order.map((node) => {
    const inputs = new Set(edges.filter(([, to]) => to === node).map(([from]) => `s${from}`));
    return processor(`p${node}`, [...inputs, `float${node}`], [`s${node}`], waits[node]);
  });
}

describe("random graphs", () => {
  test("the plan respects its definition", () => {
    fc.assert(
      fc.property(dag, (graph) => {
        const forward = graph.edges.filter(([from, to]) => from < to);
        const { topology, plan } = resolveProcessors(declare(graph, forward));
        const partition = new Map(topology.processors.map((node) => [node.name, node.partition]));
        for (let node = 0; node < graph.waits.length; node++) {
          const producers = forward.filter(([, to]) => to === node).map(([from]) => partition.get(`p${from}`) ?? Number.NaN);
          const most = Math.max(0, ...producers);
          expect(partition.get(`p${node}`)).toBe(graph.waits[node] && producers.length > 0 ? most + 1 : most);
          expect(plan[partition.get(`p${node}`) ?? -1]).toContain(`p${node}`);
        }
        expect(plan.every((names) => names.length > 0)).toBe(true);
      }),
    );
  });

  test("cycles are always found: every edge on a cycle is named, and no other", () => {
    fc.assert(
      fc.property(dag, (graph) => {
        const reaches = closure(graph.waits.length, graph.edges);
        const cyclic = new Set(graph.edges.filter(([from, to]) => reaches[to]?.has(from)).map(([from, to]) => `p${from} p${to}`));
        const problems = problemsOf(...declare(graph, graph.edges));
        const named = new Set(
          problems.flatMap((problem) => {
            const names = /cycle: (.*) \(/.exec(problem)?.[1]?.split(" → ") ?? [];
            expect(names.at(0)).toBe(names.at(-1));
            return names.slice(1).map((name, index) => `${names[index]} ${name}`);
          }),
        );
        expect(named).toEqual(cyclic);
      }),
    );
  });
});

/** For each node the nodes that it reaches, itself included. */
function closure(size: number, edges: readonly (readonly [number, number])[]): ReadonlySet<number>[] {
  return Array.from({ length: size }, (_, start) => {
    const reached = new Set([start]);
    for (const node of reached) for (const [from, to] of edges) if (from === node) reached.add(to);
    return reached;
  });
}
