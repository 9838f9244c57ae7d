import type { Implementation, TaskContext } from "../processor/implementation.ts";
import { DeadlyValue } from "../streams/deadly-value.ts";
import type { SharedPart } from "../streams/share.ts";
import { UndecodableValue } from "../streams/undecodable.ts";
import type { Check } from "./check.ts";
import type { ShareSize, Unit } from "./drive-share.ts";
import type { Guard } from "./guard.ts";
import { type KeyOf, keyOf } from "./key.ts";

/** How a handler of values, or of lists of them, is performed. */
export type ValueImplementation = Exclude<Implementation, { readonly kind: "stream" }>;

/** Calls a handler; of a value whose key cannot be had, in place of that says why. */
export function performer(
  { handler, kind, options: { key } }: ValueImplementation,
  context: Record<string, unknown>,
  processor: string,
): (input: unknown, task: TaskContext) => unknown {
  // The one place where a handler's checked types were erased: its declaration made sure that they fit.
  const call = (input: unknown, task: TaskContext): unknown => handler(input as never, context as never, task);
  if (!key) return call;
  const check = keyOf(processor, key);
  return (input, task) => {
    for (const value of kind === "batch" ? (input as readonly unknown[]) : [input]) check(value);
    return call(input, task);
  };
}

interface SharedTaskSettings {
  readonly perform: (input: unknown) => unknown;
  readonly guard: Guard | undefined;
  readonly check: Check | undefined;
  /** Set where values have keys. */
  readonly keyOf: KeyOf | undefined;
}

/** What a handler of values, or of lists of them, makes of the parts of an input that its replica takes. */
export class SharedTask {
  readonly size: ShareSize;
  readonly #kind: ValueImplementation["kind"];
  readonly #settings: SharedTaskSettings;
  readonly #maxSize: number;

  constructor(implementation: ValueImplementation, settings: SharedTaskSettings) {
    this.#kind = implementation.kind;
    this.#settings = settings;
    const { concurrency } = implementation.options;
    if (implementation.kind === "each") this.size = { concurrency };
    else {
      const { maxSize, maxWaitMs } = implementation.options;
      this.size = { concurrency, list: { maxSize, maxWaitMs } };
    }
    this.#maxSize = this.size.list?.maxSize ?? 1;
  }

  readonly unitsOf = ({ values }: SharedPart): Unit[] => {
    const units: Unit[] = [];
    for (let i = 0; i < values.length; i += this.#maxSize) {
      const some = values.slice(i, i + this.#maxSize);
      const [first, last] = [some[0], some.at(-1)];
      if (!first || !last) break;
      const { lane, from, ask } = first;
      const input = this.#kind === "each" ? first.value : some.map(({ value }) => value);
      units.push({
        span: { lane, from, until: last.until, ...(ask !== undefined && { ask }) },
        input,
        indices: some.map(({ index }) => index + 1),
        ...this.#key(lane, input),
      });
    }
    return units;
  };

  readonly call = ({ input, indices }: Unit): unknown => {
    const { perform, guard, check } = this.#settings;
    if (this.#kind === "batch") {
      const values = input as readonly unknown[];
      return guard ? guard.handleListOf(values, indices) : perform(check ? values.map(check) : values);
    }
    return guard ? guard.handleValueAt(input, indices[0] ?? 0) : perform(check ? check(input) : input);
  };

  /** Lists have several keys: those of one lane come one after the other. Where all units do, nobody needs to know. */
  #key(lane: number, input: unknown): { key?: unknown } {
    const { keyOf, check } = this.#settings;
    if (!keyOf || this.size.concurrency === 1) return {};
    if (this.#kind === "batch") return { key: lane };
    if (input instanceof UndecodableValue || input instanceof DeadlyValue) return {};
    try {
      return { key: keyOf(check ? check(input) : input) };
    } catch {
      // Handling it shows what is wrong.
      return {};
    }
  }
}
