import { DeadLettersFullError, toFailure } from "../errors.ts";
import type { FailurePolicy } from "../processor/failure-policy.ts";
import type { SetAside, TaskFailures } from "../streams/dead-letters.ts";
import { DeadlyValue } from "../streams/deadly-value.ts";
import { UndecodableValue } from "../streams/undecodable.ts";
import type { Check } from "./check.ts";
import type { Call } from "./drive-each.ts";
import { isPromise } from "./results.ts";
import { Tries, type TriesSettings } from "./tries.ts";

/** What guarding a handler of values needs. */
export interface GuardSettings extends Omit<TriesSettings, "onRetry"> {
  /** Of the values read. */
  readonly check: Check | undefined;
  readonly failures: TaskFailures;
  /** Index of the input in the run's record. */
  readonly stream: number;
  /** How many of its values come before the first. */
  readonly from: number;
  /** Values that earlier attempts have set aside, by their index from 1. */
  readonly known: ReadonlySet<number>;
}

/** A value on its way through the handler. */
interface Item {
  /** As it was read. */
  readonly value: unknown;
  /** As the schema has made it. */
  readonly checked: unknown;
  readonly index: number;
}

/** Handles values one by one, or in lists, as their processor's failure policy says. */
export class Guard {
  readonly #settings: GuardSettings;
  readonly #policy: FailurePolicy;
  readonly #tries: Tries;
  /** How many values have come. */
  #position: number;
  #known: ReadonlySet<number>;

  constructor(settings: GuardSettings) {
    this.#settings = settings;
    this.#policy = settings.policy;
    this.#position = settings.from;
    this.#known = settings.known;
    this.#tries = new Tries({ ...settings, onRetry: () => settings.failures.retried() });
  }

  /** Other attempts have set these aside meanwhile. */
  learn(known: ReadonlySet<number>): void {
    this.#known = known;
  }

  /** Handles the next value. */
  readonly handleValue: Call = (value) => this.handleValueAt(value, ++this.#position);

  /** Handles one value, by its index from 1. A handler that answers at once and does not fail costs no promise. */
  handleValueAt(value: unknown, index: number): unknown {
    if (this.#known.has(index)) return undefined;
    if (value instanceof UndecodableValue) return this.#setAsideUndecodable(value, index);
    if (value instanceof DeadlyValue) return this.#setAside({ value: value.value, index }, value.error, value.deaths);
    const item = this.#check(value, index);
    if (isPromise(item)) return item;
    try {
      const result = this.#tries.call(item.checked);
      return isPromise(result) ? result.catch((error: unknown) => this.#retry(item, error)) : result;
    } catch (error) {
      return this.#retry(item, error);
    }
  }

  /** Handles the next list. */
  readonly handleList: Call = (list) => {
    const values = list as readonly unknown[];
    return this.handleListOf(
      values,
      values.map(() => ++this.#position),
    );
  };

  /** Handles a list. When it keeps failing it is halved, until what fails is a single value. @param indices of its values, from 1. */
  async handleListOf(values: readonly unknown[], indices: readonly number[]): Promise<unknown> {
    const items: Item[] = [];
    for (const [i, value] of values.entries()) {
      const index = indices[i] ?? 0;
      if (this.#known.has(index)) continue;
      if (value instanceof UndecodableValue) {
        await this.#setAsideUndecodable(value, index);
        continue;
      }
      if (value instanceof DeadlyValue) {
        await this.#setAside({ value: value.value, index }, value.error, value.deaths);
        continue;
      }
      const item = await this.#check(value, index);
      if (item) items.push(item);
    }
    return items.length === 0 ? undefined : this.#handleItems(items, { once: false, before: 0 });
  }

  async #retry(item: Item, error: unknown): Promise<unknown> {
    const outcome = await this.#tries.until(item.checked, { error });
    return outcome.ok ? outcome.result : this.#setAside(item, outcome.error, outcome.attempts);
  }

  /** @param once whether this is a part of a list that has failed already. @param before attempts at that list. */
  async #handleItems(items: readonly Item[], { once, before }: { once: boolean; before: number }): Promise<unknown[]> {
    const [first] = items;
    if (!first) return [];
    const input = items.map(({ checked }) => checked);
    const isSplit = once && items.length > 1;
    const outcome = isSplit ? await this.#tryOnce(input) : await this.#tries.until(input);
    if (outcome.ok) return listOf(outcome.result);
    const attempts = before + outcome.attempts;
    if (items.length === 1) return listOf(await this.#setAside(first, outcome.error, attempts));
    if (this.#policy.deadLetter === undefined) throw outcome.error;
    const middle = Math.ceil(items.length / 2);
    const parts: unknown[] = [];
    for (const part of [items.slice(0, middle), items.slice(middle)]) {
      parts.push(...(await this.#handleItems(part, { once: true, before: attempts })));
    }
    return parts;
  }

  async #tryOnce(input: unknown) {
    try {
      return { ok: true, result: await this.#tries.call(input) } as const;
    } catch (error) {
      this.#tries.throwIfOfTask(error);
      return { ok: false, error, attempts: 1 } as const;
    }
  }

  /** The value as its schema makes it; one that it refuses is set aside. */
  #check(value: unknown, index: number): Item | Promise<undefined> {
    const { check } = this.#settings;
    try {
      return { value, checked: check ? check(value) : value, index };
    } catch (error) {
      return this.#setAside({ value, index }, error, 0);
    }
  }

  #setAsideUndecodable({ chunk, error }: UndecodableValue, index: number): Promise<undefined> | undefined {
    return chunk && this.#keep({ index, content: chunk, attempts: 0 }, error);
  }

  #setAside({ value, index }: Pick<Item, "value" | "index">, error: unknown, attempts: number): Promise<undefined> {
    return this.#keep({ index, content: { value }, attempts }, error);
  }

  /** @throws the error where it is one of the run. */
  async #keep(letter: Pick<SetAside, "index" | "content" | "attempts">, error: unknown): Promise<undefined> {
    const { failures, stream, task } = this.#settings;
    const { deadLetter } = this.#policy;
    if (deadLetter === undefined) throw error;
    const { run, processor, attempt, log } = task;
    try {
      await failures.setAside({ ...letter, stream, failure: toFailure(error, { run, processor, attempt }) });
    } catch (problem) {
      if (problem instanceof DeadLettersFullError) problem.cause = error;
      throw problem;
    }
    log.warn(`"${processor}" of run ${run} has set value ${letter.index} aside`, { attempts: letter.attempts, error });
    if (deadLetter === "stop") throw error;
  }
}

function listOf(result: unknown): unknown[] {
  return Array.isArray(result) ? result : result === undefined ? [] : [result];
}
