import type { AnyProcessor } from "../processor/processor.ts";
import type { FlowShape } from "./flow-types.ts";
import { type FlowJson, toDot, toJson, toMermaid, toSvg, toText } from "./render/index.ts";
import type { Resolution } from "./resolve.ts";
import type { Progress, Topology } from "./topology.ts";

/**
 * A flow that was checked: an immutable value that can be started any number of times, also at once. Its pictures take a
 * run's progress to lay over them.
 */
export class ResolvedFlow<S extends FlowShape = FlowShape> {
  /** Processors and streams as plain data. */
  readonly topology: Topology;
  /**
   * Names of processors by partition: those of one partition can run side by side; a `wait` processor is in a later
   * partition than the processors that produce its inputs.
   */
  readonly plan: readonly (readonly string[])[];
  /** The processors by name, in the order of declaration. */
  readonly processors: ReadonlyMap<string, AnyProcessor>;
  /** Streams that the caller supplies. */
  readonly floatingInputs: readonly string[];
  /** Streams that no processor of the flow consumes. */
  readonly outputs: readonly string[];
  /** The type of its streams; never set. */
  declare readonly shape?: S;

  /** Made by {@link Flow.resolve}. */
  constructor({ topology, plan, processors }: Resolution) {
    this.topology = topology;
    this.plan = plan;
    this.processors = processors;
    this.floatingInputs = Object.freeze(topology.streams.filter((s) => s.producer === undefined).map((s) => s.name));
    this.outputs = Object.freeze(topology.streams.filter((s) => s.consumers.length === 0).map((s) => s.name));
    Object.freeze(this);
  }

  /** As text, for a terminal. */
  toString(progress?: Progress): string {
    return toText(this.topology, progress);
  }

  /** As a Mermaid flowchart, for Markdown. */
  toMermaid(progress?: Progress): string {
    return toMermaid(this.topology, progress);
  }

  /** In the DOT language of Graphviz. */
  toDot(progress?: Progress): string {
    return toDot(this.topology, progress);
  }

  /** As an SVG image. Loads Graphviz (WebAssembly) when it is first called. */
  toSvg(progress?: Progress): Promise<string> {
    return toSvg(this.topology, progress);
  }

  /** As plain data; also what `JSON.stringify` prints, which calls this with a key. */
  toJSON(progress?: Progress | string): FlowJson {
    return toJson(this.topology, typeof progress === "string" ? undefined : progress);
  }
}
