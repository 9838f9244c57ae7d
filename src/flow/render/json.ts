import type { Progress, RunState, StreamProgress, TaskProgress, Topology } from "../topology.ts";
import type { Arrow, Diagram } from "./diagram.ts";
import { diagram } from "./diagram.ts";
import { groupBy } from "./group-by.ts";

/**
 * A flow as JSON: names are exact and whole, lists are in the order of declaration, and everything that has a name is in
 * a list, so that no name can clash with a key. Fields may be added; what is here keeps its meaning within a `version`.
 */
export interface FlowJson {
  readonly format: "datagraph.flow";
  readonly version: 1;
  readonly processors: readonly ProcessorJson[];
  readonly streams: readonly StreamJson[];
  /** The streams that the caller supplies. */
  readonly inputs: readonly string[];
  /** The streams that no processor of the flow reads. */
  readonly outputs: readonly string[];
  /** Names of the processors of each partition, in the order in which partitions can start. */
  readonly partitions: readonly (readonly string[])[];
  /** Only with the progress of a run. */
  readonly run?: { readonly state: RunState };
}

export interface ProcessorJson {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whether it starts only when its inputs are complete. */
  readonly wait: boolean;
  readonly partition: number;
  /** Only with the progress of a run that knows it. */
  readonly task?: TaskProgress;
}

export interface StreamJson {
  readonly name: string;
  /** `null` for a floating input. */
  readonly producer: string | null;
  readonly consumers: readonly string[];
  /** Only with the progress of a run that knows it. */
  readonly progress?: StreamProgress;
}

/**
 * A flow, and a run's progress over it, as plain data for `JSON.stringify`. Nothing of it is shared with the arguments.
 *
 * @param topology a resolved flow
 * @param progress a run's progress to lay over it
 * @throws DeclarationError when the topology is not one that `resolve()` makes
 */
export function toJson(topology: Topology, progress?: Progress): FlowJson {
  const picture = diagram(topology, progress);
  const streamProgress = progressByStream(picture);
  const names = (matches: (stream: Topology["streams"][number]) => boolean) =>
    topology.streams.filter(matches).map((stream) => stream.name);
  return {
    format: "datagraph.flow",
    version: 1,
    processors: topology.processors.map(({ name, inputs, outputs, wait, partition }, index) => {
      const task = picture.boxes[index]?.task;
      return { name, inputs: [...inputs], outputs: [...outputs], wait, partition, ...(task && { task: { ...task } }) };
    }),
    streams: topology.streams.map(({ name, producer, consumers }, index) => {
      const known = streamProgress.get(index);
      return { name, producer: producer ?? null, consumers: [...consumers], ...(known && { progress: { ...known } }) };
    }),
    inputs: names((stream) => stream.producer === undefined),
    outputs: names((stream) => stream.producer !== undefined && stream.consumers.length === 0),
    partitions: partitions(topology),
    ...(picture.state !== undefined && { run: { state: picture.state } }),
  };
}

function progressByStream(picture: Diagram): Map<number, Arrow["progress"]> {
  return new Map(picture.arrows.map((arrow) => [arrow.stream, arrow.progress]));
}

function partitions(topology: Topology): string[][] {
  const members = groupBy(topology.processors, (processor) => processor.partition);
  return [...members.keys()]
    .sort((a, b) => a - b)
    .map((partition) => (members.get(partition) ?? []).map((processor) => processor.name));
}
