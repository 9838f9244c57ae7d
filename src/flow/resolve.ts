import { FlowResolutionError } from "../errors.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import { declarationProblems, isProcessor } from "./check-declaration.ts";
import { findCycles, topologicalOrder } from "./cycles.ts";
import { bare, listed, quoted, repeated } from "./name-text.ts";
import { findSchemaClash } from "./schema-clash.ts";
import type { ProcessorNode, StreamNode, Topology } from "./topology.ts";
import { type Wiring, wire } from "./wiring.ts";

/** What resolving processors gives. */
export interface Resolution {
  readonly topology: Topology;
  /** Names of processors by partition. */
  readonly plan: readonly (readonly string[])[];
  readonly processors: ReadonlyMap<string, AnyProcessor>;
}

const MAX_CYCLES = 50;

/**
 * Checks processors and wires them. Pure: it reads declarations and nothing else.
 *
 * @throws FlowResolutionError with every problem found.
 */
export function resolveProcessors(given: readonly AnyProcessor[]): Resolution {
  const processors = [...new Set(given)].filter(isProcessor);
  const wiring = wire(processors);
  const problems = [
    ...itemProblems(given),
    ...processors.flatMap(declarationProblems),
    ...sameNameProblems(processors),
    ...producerProblems(processors, wiring),
    ...cycleProblems(processors, wiring),
    ...clashProblems(processors, wiring),
  ];
  if (problems.length > 0) throw new FlowResolutionError(problems);
  return build(processors, wiring);
}

function itemProblems(given: readonly unknown[]): string[] {
  if (given.length === 0) return ["it has no processors; give Flow.fromProcessors at least one"];
  const strangers = given.flatMap((item, index) => {
    if (isProcessor(item)) return [];
    const hint = item === undefined ? " (modules that import each other in a circle leave constants undefined for a while)" : "";
    return [`item ${index + 1} given to Flow.fromProcessors is ${describe(item)}, not a Processor${hint}`];
  });
  const twice = repeated(given.filter(isProcessor));
  return [...strangers, ...[...twice].map(({ declaration }) => `Processor ${quoted(declaration.name)} is given twice`)];
}

function sameNameProblems(processors: readonly AnyProcessor[]): string[] {
  const count = new Map<string, number>();
  for (const { declaration } of processors) count.set(declaration.name, (count.get(declaration.name) ?? 0) + 1);
  return [...count]
    .filter(([, times]) => times > 1)
    .map(([name, times]) => `${times} different processors are called ${quoted(name)}; a flow needs unique names`);
}

function producerProblems(processors: readonly AnyProcessor[], { streams }: Wiring): string[] {
  return [...streams]
    .filter(([, { producers }]) => producers.length > 1)
    .map(([stream, { producers }]) => {
      const names = producers.map((index) => nameOf(processors, index));
      return `Stream ${quoted(stream)} is written by ${names.length} processors: ${listed(names)}; a stream has one writer`;
    });
}

function cycleProblems(processors: readonly AnyProcessor[], { graph, streamsBetween }: Wiring): string[] {
  const cycles = findCycles(graph, MAX_CYCLES);
  const problems = cycles.map((cycle) => {
    const path = [...cycle, ...cycle.slice(0, 1)];
    const names = path.map((index) => bare(nameOf(processors, index))).join(" → ");
    const streams = path.slice(1).map((to, index) =>
      streamsBetween(path[index] ?? to, to)
        .map(quoted)
        .join(" and "),
    );
    return `Processors wait for each other in a cycle: ${names} (through ${streams.join(", ")})`;
  });
  return cycles.length < MAX_CYCLES ? problems : [...problems, `There may be more cycles than these ${MAX_CYCLES}`];
}

function clashProblems(processors: readonly AnyProcessor[], { streams }: Wiring): string[] {
  return [...streams].flatMap(([stream, { producers, consumers }]) =>
    producers.flatMap((from) =>
      consumers.flatMap((to) => {
        const clash = findSchemaClash(processors[from]?.outputs.get(stream), processors[to]?.inputs.get(stream));
        if (!clash) return [];
        const [producer, consumer] = [quoted(nameOf(processors, from)), quoted(nameOf(processors, to))];
        return [
          `Stream ${quoted(stream)}: processor ${producer} writes ${clash.written}, but processor ${consumer} reads ${clash.expected}`,
        ];
      }),
    ),
  );
}

/** The graph of processors in which nothing is wrong. */
function build(processors: readonly AnyProcessor[], wiring: Wiring): Resolution {
  const partitions = partitionsOf(processors, wiring);
  const nodes = processors.map(
    ({ declaration, inputs, outputs }, index): ProcessorNode => ({
      name: declaration.name,
      inputs: Object.freeze([...inputs.keys()]),
      outputs: Object.freeze([...outputs.keys()]),
      wait: declaration.wait ?? false,
      ...(declaration.deadlineMs !== undefined && { deadlineMs: declaration.deadlineMs }),
      partition: partitions[index] ?? 0,
    }),
  );
  const streams = [...wiring.streams].map(([name, { producers, consumers }]): StreamNode => {
    const [producer] = producers;
    return {
      name,
      ...(producer !== undefined && { producer: nameOf(processors, producer) }),
      consumers: Object.freeze(consumers.map((index) => nameOf(processors, index))),
    };
  });
  const plan: string[][] = [];
  for (const { name, partition } of nodes) {
    plan[partition] ??= [];
    plan[partition].push(name);
  }
  return {
    topology: Object.freeze({ processors: frozenList(nodes), streams: frozenList(streams) }),
    plan: frozenList(plan),
    processors: new Map(processors.map((processor) => [processor.declaration.name, processor])),
  };
}

/**
 * For each processor the number of `wait`s it is behind: the greatest of its producers', and one more when it waits
 * itself for one of them.
 */
function partitionsOf(processors: readonly AnyProcessor[], { graph }: Wiring): number[] {
  const behind = processors.map(() => 0);
  for (const producer of topologicalOrder(graph)) {
    const own = behind[producer] ?? 0;
    for (const consumer of graph[producer] ?? []) {
      const through = processors[consumer]?.declaration.wait ? own + 1 : own;
      behind[consumer] = Math.max(behind[consumer] ?? 0, through);
    }
  }
  return behind;
}

function nameOf(processors: readonly AnyProcessor[], index: number): string {
  return processors[index]?.declaration.name ?? "";
}

function frozenList<T extends object>(items: readonly T[]): readonly Readonly<T>[] {
  return Object.freeze(items.map((item) => Object.freeze(item)));
}

function describe(item: unknown): string {
  if (item === null || item === undefined) return String(item);
  if (Array.isArray(item)) return "a list (spread it: ...processors)";
  return `a value of type ${typeof item}`;
}
