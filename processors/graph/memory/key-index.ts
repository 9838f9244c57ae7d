import { keyIdentity } from "../identity.ts";
import type { Properties } from "../model.ts";

/** What an index holds: something with a type or several, and properties. */
export interface Indexed {
  readonly id: string;
  readonly properties: Properties;
}

/**
 * Finds nodes (or relationships) by the values of some properties. One that lacks any of them is not in it: as in Cypher, what
 * is not there equals nothing.
 */
export class KeyIndex<T extends Indexed> {
  /** Sorted. */
  readonly names: readonly string[];
  readonly #prefixOf: (item: T) => string;
  // Mostly one item per key: a list for each would take more than the items themselves.
  readonly #items = new Map<string, T | Set<T>>();

  /** @param prefixOf what tells items apart beside those properties: a relationship's ends. */
  constructor(names: readonly string[], prefixOf: (item: T) => string) {
    this.names = names;
    this.#prefixOf = prefixOf;
  }

  /** All items with these values, given as `prefix + keyIdentity(values, names)`. */
  find(identity: string): readonly T[] {
    const found = this.#items.get(identity);
    if (found === undefined) return [];
    return found instanceof Set ? [...found] : [found];
  }

  add(item: T): void {
    const identity = this.#identityOf(item);
    if (identity === undefined) return;
    const known = this.#items.get(identity);
    if (known === undefined) this.#items.set(identity, item);
    else if (known instanceof Set) known.add(item);
    else if (known !== item) this.#items.set(identity, new Set([known, item]));
  }

  remove(item: T): void {
    const identity = this.#identityOf(item);
    if (identity === undefined) return;
    const known = this.#items.get(identity);
    if (known instanceof Set) known.delete(item);
    if (known === item || (known instanceof Set && known.size === 0)) this.#items.delete(identity);
  }

  #identityOf(item: T): string | undefined {
    const { properties } = item;
    if (!this.names.every((name) => Object.hasOwn(properties, name))) return undefined;
    return this.#prefixOf(item) + keyIdentity(properties, this.names);
  }
}
