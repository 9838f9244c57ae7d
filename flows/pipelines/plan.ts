import { type AnyProcessor, checkpoint, DeclarationError, many, Processor, stream, type TaskContext } from "datagraph";
import { graphExpiry, graphWriter, type TimeToLive } from "datagraph/graph";
import { stepProcessor } from "datagraph/interpret";
import { iterable } from "datagraph/sources";
import type { PipelineOptions, Target } from "./pipeline.ts";
import type { DeadLetterChoice, ExpiryStep, PipelineStep, RecordStep, SourceStep } from "./steps/step.ts";

/** The processors of a pipeline, and which of their streams are of interest to whoever runs it. */
export interface PipelinePlan {
  readonly processors: readonly AnyProcessor[];
  /** Records as their sources give them. */
  readonly records: readonly string[];
  /** Records that sources could not read: `RefusedRecord`. */
  readonly unreadable: readonly string[];
  readonly writes: readonly PlannedWrite[];
}

/** What becomes of a pipeline's ingestions at one target. */
export interface PlannedWrite {
  readonly target: string;
  /** The stream that it is given; absent where it only expires. */
  readonly ingestions?: string;
  /** `WrittenBatch`. */
  readonly written?: string;
  /** `RefusedIngestion`. */
  readonly refused?: string;
  /** `Expired`. */
  readonly expired?: string;
}

type Settings = Required<PipelineOptions>;

type AppendedInputs = Readonly<Record<string, { batches(): AsyncIterable<readonly unknown[]> }>>;

/** A checkpoint takes a round trip or two. */
const VALUES_BETWEEN_CHECKPOINTS = 1000;

/** @throws DeclarationError for steps that do not fit together. */
export function planPipeline(settings: Settings): PipelinePlan {
  return new Planner(settings).plan();
}

class Planner {
  readonly #settings: Settings;
  readonly #processors: AnyProcessor[] = [];
  readonly #records: string[] = [];
  readonly #unreadable: string[] = [];
  readonly #names = new Set<string>();
  /** The stream that the next step gets. */
  #last: string | undefined;
  #gives: "records" | "ingestions" = "records";

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  plan(): PipelinePlan {
    const { steps, targets } = this.#settings;
    for (const step of steps) this.#add(step);
    const timesToLive = steps.filter((step): step is ExpiryStep => step.role === "expiry").flatMap((step) => step.timesToLive);
    if (this.#last === undefined && timesToLive.length === 0) this.#refuse("it has no source, so there is nothing to be done");
    const writes = this.#last === undefined ? this.#expire(timesToLive) : this.#write(this.#last, targets, timesToLive);
    return { processors: this.#processors, records: this.#records, unreadable: this.#unreadable, writes };
  }

  #add(step: PipelineStep): void {
    if (step.role === "source") this.#addSource(step);
    else if (step.role === "record") this.#addRecordStep(step);
  }

  #addSource(step: SourceStep): void {
    const short = this.#unique(step.name ?? step.kind);
    const names = { name: this.#named(short), output: `${short}.records`, refused: `${short}.refused` };
    this.#processors.push(step.source(names));
    this.#records.push(names.output);
    if (step.refuses) this.#unreadable.push(names.refused);
    if (this.#last !== undefined && this.#gives === "ingestions") {
      this.#refuse(`its source "${short}" comes behind an interpreter: put sources first`);
    }
    this.#last = this.#last === undefined ? names.output : this.#append(this.#last, names.output, short);
  }

  /** All of the first stream, then all of the second. What was handed on is done for good, so that workers need not keep it. */
  #append(first: string, second: string, short: string): string {
    const output = `${short}.appended`;
    const processor = new Processor({
      name: this.#named(`${short}, appended`),
      inputs: { [first]: stream<unknown>(), [second]: stream<unknown>() },
      outputs: { [output]: stream<unknown>() },
      state: stream<number>(),
    });
    const names = [first, second];
    async function* append(inputs: AppendedInputs, task: TaskContext<number>) {
      let since = 0;
      for (let done = task.state ?? 0; done < names.length; yield checkpoint(++done)) {
        for await (const values of inputs[names[done] ?? ""]?.batches() ?? []) {
          yield { [output]: many(values) };
          since += values.length;
          if (since < VALUES_BETWEEN_CHECKPOINTS) continue;
          since = 0;
          yield checkpoint(done);
        }
      }
    }
    // The compiler cannot look into streams whose names are not known.
    processor.implement(append as never);
    this.#processors.push(processor);
    return output;
  }

  #addRecordStep(step: RecordStep): void {
    const short = this.#unique(step.name ?? step.kind);
    if (this.#last === undefined) this.#refuse(`nothing comes before its step "${short}": expected a source`);
    if (this.#gives === "ingestions" && step.gives !== "either") {
      this.#refuse(`its step "${short}" comes behind an interpreter, and handles records: put it before`);
    }
    if (step.gives !== "either") this.#gives = step.gives;
    const name = this.#named(short);
    const output = `${short}.${this.#gives}`;
    const deadLetter = step.deadLetter ?? this.#settings.deadLetter;
    const { replicas } = step;
    const more = { ...(deadLetter !== "fail" && { deadLetter }), ...(replicas !== undefined && { replicas }) };
    const settings = { name, input: this.#last, output, ...more };
    this.#processors.push(stepProcessor(settings, step.handler(name)));
    this.#last = output;
  }

  #write(ingestions: string, targets: readonly Target[], timesToLive: readonly TimeToLive[]): PlannedWrite[] {
    if (targets.length > 0 && this.#gives !== "ingestions") {
      this.#refuse("it has targets, but no step that makes ingestions of records (an interpreter), so nothing can be written");
    }
    return targets.map((target) => {
      const short = this.#unique(target.name);
      const name = this.#named(short);
      const { name: _, connector, options, ...tuning } = target;
      const choice = { connector, ...(options !== undefined && { options }) };
      const refusals = refusalPolicy(target, this.#settings.deadLetter);
      this.#processors.push(
        graphWriter({ name, input: ingestions, pipeline: this.#settings.name, ...choice, ...tuning, ...refusals }),
      );
      const write = { target: target.name, ingestions, written: `${name}.written`, refused: `${name}.refused` };
      if (timesToLive.length === 0) return write;
      const then = this.#afterwards(write.written, short, timesToLive);
      return { ...write, written: then.written, expired: this.#expiry(target, `${short}, expiry`, then.timesToLive) };
    });
  }

  /** Hands on what was written, and then what is to expire: what was ingested just now must not be taken for old. */
  #afterwards(written: string, short: string, timesToLive: readonly TimeToLive[]) {
    const outputs = { written: `${short}.written`, timesToLive: `${short}.timesToLive` };
    const processor = new Processor({
      name: this.#named(`${short}, afterwards`),
      inputs: { [written]: stream<unknown>() },
      outputs: { [outputs.written]: stream<unknown>(), [outputs.timesToLive]: stream<unknown>() },
    });
    async function* afterwards(inputs: Readonly<Record<string, AsyncIterable<unknown>>>) {
      for await (const batch of inputs[written] ?? []) yield { [outputs.written]: batch };
      yield { [outputs.timesToLive]: many(timesToLive) };
    }
    // The compiler cannot look into streams whose names are not known.
    processor.implement(afterwards as never);
    this.#processors.push(processor);
    return outputs;
  }

  #expire(timesToLive: readonly TimeToLive[]): PlannedWrite[] {
    const output = "expire.timesToLive";
    this.#processors.push(iterable({ name: this.#named("expire"), output, values: timesToLive }));
    return this.#settings.targets.map((target) => ({
      target: target.name,
      expired: this.#expiry(target, this.#unique(target.name), output),
    }));
  }

  #expiry({ connector, options }: Target, short: string, input: string): string {
    const name = this.#named(short);
    this.#processors.push(graphExpiry({ name, input, connector, ...(options !== undefined && { options }) }));
    return `${name}.expired`;
  }

  /** Processors of all pipelines of a process are known by name. */
  #named(short: string): string {
    return `${this.#settings.id}/${short}`;
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted} ${i}`;
    this.#names.add(name);
    return name;
  }

  #refuse(problem: string): never {
    throw new DeclarationError(`Pipeline "${this.#settings.name}": ${problem}.`);
  }
}

/** What cannot be stored goes where records go that a step cannot handle, unless the target says something else. */
function refusalPolicy({ onRefused, deadLetter }: Target, usual: DeadLetterChoice) {
  if (onRefused !== undefined || deadLetter !== undefined) return {};
  return usual === "fail" ? ({ onRefused: "fail" } as const) : { deadLetter: usual };
}
