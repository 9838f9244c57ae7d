import type { AnyProcessor } from "../processor/processor.ts";
import type { Graph } from "./cycles.ts";

/** Who writes and who reads each stream. Processors are named by their index, as names may clash. */
export interface Wiring {
  readonly streams: ReadonlyMap<string, StreamEnds>;
  /** For each processor those that read what it writes. */
  readonly graph: Graph;
  /** The streams from one processor to another. */
  streamsBetween(producer: number, consumer: number): readonly string[];
}

/** Indices of processors. */
export interface StreamEnds {
  readonly producers: number[];
  readonly consumers: number[];
}

/** Wires processors by the names of their streams, which are kept in the order of declaration. */
export function wire(processors: readonly AnyProcessor[]): Wiring {
  const streams = new Map<string, StreamEnds>();
  const ends = (name: string): StreamEnds => {
    const known = streams.get(name) ?? { producers: [], consumers: [] };
    streams.set(name, known);
    return known;
  };
  processors.forEach(({ inputs, outputs }, index) => {
    for (const name of inputs.keys()) ends(name).consumers.push(index);
    for (const name of outputs.keys()) ends(name).producers.push(index);
  });
  const graph = processors.map(
    ({ outputs }) => new Set([...outputs.keys()].flatMap((name) => streams.get(name)?.consumers ?? [])),
  );
  const streamsBetween = (producer: number, consumer: number): string[] =>
    [...(processors[producer]?.outputs.keys() ?? [])].filter((name) => processors[consumer]?.inputs.has(name));
  return { streams, graph, streamsBetween };
}
