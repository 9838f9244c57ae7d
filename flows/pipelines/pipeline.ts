import { DeclarationError, Flow, type ResolvedFlow } from "datagraph";
import type { Connector, GraphWriterOptions } from "datagraph/graph";
import { type GraphSchema, type InferenceOptions, inferSchemaOf } from "datagraph/interpret";
import { type PipelinePlan, planPipeline } from "./plan.ts";
import type { DeadLetterChoice, PipelineStep } from "./steps/step.ts";

/** A database that pipelines write to, and how. */
export interface Target
  extends Pick<GraphWriterOptions, "batchSize" | "maxWaitMs" | "flushLanes" | "debounce" | "onRefused" | "deadLetter"> {
  /** What it is called in a project. */
  readonly name: string;
  /** A connector, its alias, or the name of a package that exports one. */
  readonly connector: string | Connector;
  /** What the connector needs, as it describes it. */
  readonly options?: unknown;
}

export interface PipelineOptions {
  /** Is stamped on what it writes. */
  readonly name: string;
  /** Begins the names of its processors, which are known by name in a process. Default: its name. */
  readonly id?: string;
  /** Sources, what becomes of their records, and interpreters, in this order. */
  readonly steps: readonly PipelineStep[];
  /** Where it writes to, all of them. Default: nowhere; its last stream is the flow's output then. */
  readonly targets?: readonly Target[];
  /**
   * What becomes of a record that a step cannot handle, and of an ingestion that cannot be stored, where the step or the target does not say. Default
   * "continue": it is set aside in the dead letters.
   */
  readonly deadLetter?: DeadLetterChoice;
}

/** What of a pipeline takes part, and where it writes. */
export interface PipelineSelection {
  /** In place of the pipeline's own. */
  readonly targets?: readonly Target[];
  /** Steps take part that have no annotations or share one of these. Default: all. */
  readonly annotations?: readonly string[];
}

/** Steps that make a flow: sources, transformations, interpreters, and a writer for each target. */
export class Pipeline {
  readonly name: string;
  readonly steps: readonly PipelineStep[];
  readonly targets: readonly Target[];
  readonly #id: string;
  readonly #deadLetter: DeadLetterChoice;

  /** @throws DeclarationError for an empty name. */
  constructor({ name, id = name, steps, targets = [], deadLetter = "continue" }: PipelineOptions) {
    if (name === "") throw new DeclarationError("A pipeline has a name that is not empty.");
    this.name = name;
    this.steps = steps;
    this.targets = targets;
    this.#id = id;
    this.#deadLetter = deadLetter;
  }

  /**
   * Its processors, and what their streams are. Making them implements them in this process, as a worker needs it.
   *
   * @throws DeclarationError for steps that do not fit together.
   */
  plan({ targets = this.targets, annotations = [] }: PipelineSelection = {}): PipelinePlan {
    const takesPart = ({ annotations: own = [] }: PipelineStep) =>
      annotations.length === 0 || own.length === 0 || own.some((one) => annotations.includes(one));
    const steps = this.steps.filter(takesPart);
    return planPipeline({ name: this.name, id: this.#id, steps, targets, deadLetter: this.#deadLetter });
  }

  /** It as a flow. @throws DeclarationError; FlowResolutionError. */
  flow(selection: PipelineSelection = {}): ResolvedFlow {
    return Flow.fromProcessors(...this.plan(selection).processors).resolve();
  }

  /** The schema of the graph that it makes, from its declaration. @throws SchemaConflictError. */
  schema(options: InferenceOptions = {}): GraphSchema {
    const declarations = this.steps.flatMap((step) => (step.role === "record" ? step.declarations : []));
    return inferSchemaOf(declarations, options);
  }
}

/**
 * A pipeline of steps: from sources, by transformations and interpreters, to graph databases.
 *
 * @example
 * const people = pipeline({
 *   name: "people",
 *   steps: [step.files({ globs: ["data/*.jsonl"] }), step.interpret([sourceNode({ nodeType: "Person", key: { id: path("id") } })])],
 *   targets: [{ name: "graph", connector: "memory", options: { path: "people.graph" } }],
 * });
 * const run = await supervisor.startFlow(people.flow());
 */
export function pipeline(options: PipelineOptions): Pipeline {
  return new Pipeline(options);
}
