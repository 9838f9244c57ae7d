import { DeclarationError } from "../../errors.ts";
import type { Progress, RunState, StreamProgress, TaskProgress, Topology } from "../topology.ts";

/**
 * A flow as a picture sees it, before any format: boxes, ends, arrows and groups as plain data. Every renderer draws
 * this. Ids are made of indices and safe in every format; names are exact and have to be escaped by whoever shows them.
 */
export interface Diagram {
  /** The processors, in the order of declaration. */
  readonly boxes: readonly Box[];
  /** What the caller supplies and what it gets: one per floating input and per flow output. */
  readonly ends: readonly End[];
  /** One per stream and reader, in the order of the streams. */
  readonly arrows: readonly Arrow[];
  /** The partitions; empty when there is only one, because a frame around everything says nothing. */
  readonly groups: readonly Group[];
  /** The run's state, when its progress is overlaid. */
  readonly state?: RunState;
}

export interface Box {
  /** `p0`, `p1`, … */
  readonly id: string;
  readonly name: string;
  /** Whether it starts only when its inputs are complete. */
  readonly wait: boolean;
  readonly partition: number;
  readonly task?: TaskProgress;
}

export interface End {
  /** `i0`, … for a floating input, `o0`, … for an output of the flow. */
  readonly id: string;
  readonly kind: "input" | "output";
  /** The stream's name. */
  readonly name: string;
  readonly progress?: StreamProgress;
}

export interface Arrow {
  /** `a0`, `a1`, … */
  readonly id: string;
  /** Index of its stream in the topology. */
  readonly stream: number;
  /** The stream's name. */
  readonly name: string;
  /** Id of a box or an input end. */
  readonly from: string;
  /** Id of a box or an output end. */
  readonly to: string;
  /** Whether an end beside it shows the stream's name and progress already. */
  readonly named: boolean;
  /** Whether it is the first arrow of its stream. */
  readonly first: boolean;
  readonly progress?: StreamProgress;
}

export interface Group {
  /** `g0`, … */
  readonly id: string;
  readonly partition: number;
  readonly label: string;
  /** Ids of its boxes. */
  readonly boxes: readonly string[];
}

/**
 * The picture of a topology.
 *
 * @param topology a resolved flow
 * @param progress a run's progress to lay over it; names it does not know are drawn without, others are ignored
 * @throws DeclarationError when a stream names a processor that the topology does not have
 */
export function diagram(topology: Topology, progress?: Progress): Diagram {
  const boxes = topology.processors.map((processor, index): Box => {
    const task = own(progress?.tasks, processor.name);
    return { id: `p${index}`, name: processor.name, wait: processor.wait, partition: processor.partition, ...(task && { task }) };
  });
  const ids = new Map(boxes.map((box) => [box.name, box.id]));
  const boxId = (stream: string, processor: string): string => {
    const id = ids.get(processor);
    if (id !== undefined) return id;
    throw new DeclarationError(
      `Stream "${stream}" names processor "${processor}", which the topology does not have. Draw what resolve() returned.`,
    );
  };

  const ends: End[] = [];
  const arrows: Arrow[] = [];
  const counts = { input: 0, output: 0 };
  topology.streams.forEach((stream, index) => {
    const streamProgress = shownProgress(progress, stream.name);
    const shown = { name: stream.name, ...(streamProgress && { progress: streamProgress }) };
    const end = (kind: End["kind"]): string => {
      const id = `${kind === "input" ? "i" : "o"}${counts[kind]++}`;
      ends.push({ id, kind, ...shown });
      return id;
    };
    const floating = stream.producer === undefined;
    const from = floating ? end("input") : boxId(stream.name, stream.producer);
    const readers = stream.consumers.map((consumer) => boxId(stream.name, consumer));
    // A floating input that nobody reads has one end only: nothing comes out of the flow.
    if (readers.length === 0 && !floating) readers.push(end("output"));
    const named = floating || stream.consumers.length === 0;
    readers.forEach((to, reader) => {
      arrows.push({ id: `a${arrows.length}`, stream: index, from, to, named, first: reader === 0, ...shown });
    });
  });
  return { boxes, ends, arrows, groups: groupsOf(boxes), ...(progress && { state: progress.state }) };
}

/** A stream's progress, without a backlog that nobody works on any more. */
function shownProgress(progress: Progress | undefined, stream: string): StreamProgress | undefined {
  const found = own(progress?.streams, stream);
  return found && progress?.state !== "running" ? { ...found, backlog: 0 } : found;
}

function groupsOf(boxes: readonly Box[]): Group[] {
  const partitions = [...new Set(boxes.map((box) => box.partition))].sort((a, b) => a - b);
  if (partitions.length < 2) return [];
  return partitions.map((partition, index) => ({
    id: `g${index}`,
    partition,
    label: `partition ${partition + 1} · ${index === 0 ? "starts at once" : "starts when its inputs are complete"}`,
    boxes: boxes.filter((box) => box.partition === partition).map((box) => box.id),
  }));
}

/** Names are any text, `__proto__` and `constructor` included: only what the record itself holds counts. */
function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
