import { inspect } from "node:util";
import { HandlerError } from "../errors.ts";
import { Checkpoint } from "../processor/checkpoint.ts";
import { Many } from "../processor/many.ts";
import type { Schema } from "../processor/schema.ts";
import { Gatherer } from "../streams/gatherer.ts";
import type { StreamWriter } from "../streams/store.ts";
import { type Check, checkOf } from "./check.ts";

interface Output {
  readonly writer: StreamWriter;
  readonly gatherer: Gatherer;
  /** Checks a value and gives what is to be written; `undefined` where nothing is to be checked. */
  readonly check: Check | undefined;
}

/** Routes what a handler emits to its outputs. */
export class Emitter {
  readonly #processor: string;
  readonly #outputs: ReadonlyMap<string, Output>;
  readonly #writers: readonly StreamWriter[];
  readonly #gatherers: readonly Gatherer[];
  /** The last output emitted to: most handlers have only one. */
  #lastName = "";
  #lastOutput: Output | undefined;

  constructor(processor: string, outputs: ReadonlyMap<string, Schema | undefined>, writerOf: (name: string) => StreamWriter) {
    this.#processor = processor;
    this.#outputs = new Map(
      [...outputs].map(([name, schema]) => {
        const writer = writerOf(name);
        return [name, { writer, gatherer: new Gatherer(writer), check: checkOf(schema, name, `output of "${processor}"`) }];
      }),
    );
    this.#writers = [...this.#outputs.values()].map((output) => output.writer);
    this.#gatherers = [...this.#outputs.values()].map((output) => output.gatherer);
  }

  /**
   * Writes one emission: `{ output: value, … }`.
   *
   * @throws HandlerError when it names an unknown output, none at all, or is no such object; ValidationError.
   */
  emit(emission: unknown): void {
    if (typeof emission !== "object" || emission === null) throw this.#invalid(emission);
    let outputs = 0;
    for (const name in emission) {
      outputs++;
      const { writer, check } = this.#output(name);
      const value: unknown = (emission as Record<string, unknown>)[name];
      if (value instanceof Many) writer.writeMany(check ? value.values.map(check) : value.values);
      else writer.write(check ? check(value) : value);
    }
    if (outputs === 0) throw this.#invalid(emission);
  }

  /** Throws what writing this emission would throw because of what it is; writes nothing. @throws as `emit`. */
  validate(emission: unknown): void {
    if (typeof emission !== "object" || emission === null) throw this.#invalid(emission);
    let outputs = 0;
    for (const name in emission) {
      outputs++;
      const { check } = this.#output(name);
      if (!check) continue;
      const value: unknown = (emission as Record<string, unknown>)[name];
      if (value instanceof Many) value.values.forEach(check);
      else check(value);
    }
    if (outputs === 0) throw this.#invalid(emission);
  }

  /**
   * As {@link emit}, but values wait to be handed over together: `true` when it is time to. Whoever gathers hands over before
   * awaiting anything.
   *
   * @throws as `emit`.
   */
  gather(emission: unknown): boolean {
    if (typeof emission !== "object" || emission === null) throw this.#invalid(emission);
    let outputs = 0;
    let due = false;
    for (const name in emission) {
      outputs++;
      const { writer, gatherer, check } = this.#output(name);
      const value: unknown = (emission as Record<string, unknown>)[name];
      if (value instanceof Many) {
        gatherer.handOver();
        writer.writeMany(check ? value.values.map(check) : value.values);
        due = true;
      } else if (gatherer.add(check ? check(value) : value)) {
        due = true;
      }
    }
    if (outputs === 0) throw this.#invalid(emission);
    return due;
  }

  /** Takes what a generator has returned at its end, which must be nothing. @throws HandlerError. */
  refuseReturned(value: unknown): void {
    if (value !== undefined) throw returnedByGenerator(this.#processor, value);
  }

  /** Writes what was gathered. @throws what makes a writer fail. */
  handOver(): void {
    for (const gatherer of this.#gatherers) gatherer.handOver();
  }

  /** Whether the handler must wait for {@link room} before it goes on. */
  get full(): boolean {
    const writers = this.#writers;
    for (let i = 0; i < writers.length; i++) if (writers[i]?.full) return true;
    return false;
  }

  /** Settles when every output has room. @throws what makes a writer fail. */
  async room(): Promise<void> {
    for (const writer of this.#writers) if (writer.full) await writer.room();
  }

  /** Settles when everything emitted is stored. @throws what makes a writer fail. */
  async flush(): Promise<void> {
    this.handOver();
    await Promise.all(this.#writers.map((writer) => writer.flush()));
  }

  #output(name: string): Output {
    if (this.#lastOutput !== undefined && name === this.#lastName) return this.#lastOutput;
    const output = this.#outputs.get(name);
    if (!output) throw new HandlerError(`Processor "${this.#processor}" emitted to "${name}"; ${this.#expected()}.`);
    this.#lastName = name;
    this.#lastOutput = output;
    return output;
  }

  #invalid(emission: unknown): HandlerError {
    if (emission instanceof Checkpoint) {
      return new HandlerError(
        `Processor "${this.#processor}" emitted a checkpoint. Only the generator of a plain handler (implement) yields those: ` +
          "the runtime knows by itself how far implementEach and implementBatch are.",
      );
    }
    const found = emission === null ? "null" : typeof emission === "object" ? "an object without an output" : typeof emission;
    return new HandlerError(
      `Processor "${this.#processor}" emitted ${found}; expected an object with one or more of its outputs, as in { name: value }; ${this.#expected()}.`,
    );
  }

  #expected(): string {
    const names = [...this.#outputs.keys()].map((name) => `"${name}"`);
    return names.length === 0 ? "it declares no outputs" : `its outputs are: ${names.join(", ")}`;
  }
}

/** A generator's return value would be lost without a word: only what it yields is emitted. */
export function returnedByGenerator(processor: string, value: unknown): HandlerError {
  const found = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 40 });
  return new HandlerError(
    `Processor "${processor}" returned ${found} at the end of its generator, where only what is yielded is emitted: yield it instead.`,
  );
}
