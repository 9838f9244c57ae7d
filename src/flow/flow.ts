import type { AnyProcessor } from "../processor/processor.ts";
import type { CheckedProcessors, FlowShape, ShapeOf } from "./flow-types.ts";
import { resolveProcessors } from "./resolve.ts";
import { ResolvedFlow } from "./resolved-flow.ts";

/**
 * A set of processors, wired by the names of their streams. It is a value: {@link resolve} checks it and gives what can
 * be run, any number of times.
 *
 * @example
 * const flow = Flow.fromProcessors(read, transform, write).resolve();
 */
export class Flow<S extends FlowShape = FlowShape> {
  readonly processors: readonly AnyProcessor[];
  /** The type of its streams; never set. */
  declare readonly shape?: S;

  private constructor(processors: readonly AnyProcessor[]) {
    this.processors = Object.freeze([...processors]);
  }

  /**
   * A flow of these processors, in any order. Two that disagree on a stream's type do not compile; whatever else is wrong
   * is found by {@link resolve}.
   */
  static fromProcessors<const P extends readonly AnyProcessor[]>(...processors: CheckedProcessors<P>): Flow<ShapeOf<P>> {
    return new Flow(processors);
  }

  /**
   * Checks the flow and gives its graph. Changes nothing.
   *
   * @throws FlowResolutionError with everything that is wrong: streams with two producers, processors of the same name,
   *   cycles, types that clash, names that cannot be used, processors without streams, a flow without processors.
   */
  resolve(): ResolvedFlow<S> {
    return new ResolvedFlow(resolveProcessors(this.processors));
  }
}
