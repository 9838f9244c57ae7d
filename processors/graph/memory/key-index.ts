import { keyIdentity, valueIdentity } from "../identity.ts";
import type { Properties } from "../model.ts";
import { getValue } from "../properties.ts";

/** What an index holds: something with a type or several, and properties. */
export interface Indexed {
  readonly id: string;
  readonly properties: Properties;
}

/** What an item is found by: a text that is its own key, or an identity put together of several values. */
type Entry<T> = T | Set<T>;

/**
 * Finds nodes (or relationships) by the values of some properties. One that lacks any of them is not in it: as in Cypher, what
 * is not there equals nothing.
 */
export class KeyIndex<T extends Indexed> {
  /** Sorted. */
  readonly names: readonly string[];
  readonly #prefixOf: ((item: T) => string) | undefined;
  // Mostly one item per key: a list for each would take more than the items themselves.
  readonly #items = new Map<string, Entry<T>>();
  /** By the text alone, where that is the whole key: nothing has to be put together then, and nothing hashed. */
  readonly #byText = new Map<string, Entry<T>>();

  /** @param prefixOf what tells items apart beside those properties: a relationship's ends. */
  constructor(names: readonly string[], prefixOf?: (item: T) => string) {
    this.names = names;
    this.#prefixOf = prefixOf;
  }

  /** All items with these values; of relationships those with this prefix. */
  find(key: Properties, prefix = ""): readonly T[] {
    const text = this.#textOf(key);
    const found = text === undefined ? this.#items.get(prefix + this.#identityOf(key)) : this.#byText.get(text);
    if (found === undefined) return NOTHING;
    return found instanceof Set ? [...found] : [found];
  }

  add(item: T): void {
    const { properties } = item;
    const text = this.#textOf(properties);
    if (text !== undefined) add(this.#byText, text, item);
    else if (this.#holds(properties)) add(this.#items, (this.#prefixOf?.(item) ?? "") + this.#identityOf(properties), item);
  }

  remove(item: T): void {
    const { properties } = item;
    const text = this.#textOf(properties);
    if (text !== undefined) remove(this.#byText, text, item);
    else if (this.#holds(properties)) remove(this.#items, (this.#prefixOf?.(item) ?? "") + this.#identityOf(properties), item);
  }

  #textOf(properties: Properties): string | undefined {
    const [name] = this.names;
    if (this.names.length !== 1 || this.#prefixOf || name === undefined) return undefined;
    const value = getValue(properties, name);
    return typeof value === "string" ? value : undefined;
  }

  #identityOf(properties: Properties): string {
    const [name] = this.names;
    if (name === undefined) return "";
    return this.names.length === 1 ? valueIdentity(getValue(properties, name)) : keyIdentity(properties, this.names);
  }

  #holds(properties: Properties): boolean {
    for (const name of this.names) if (!Object.hasOwn(properties, name)) return false;
    return true;
  }
}

function add<T>(items: Map<string, Entry<T>>, key: string, item: T): void {
  const known = items.get(key);
  if (known === undefined) items.set(key, item);
  else if (known instanceof Set) known.add(item);
  else if (known !== item) items.set(key, new Set([known, item]));
}

function remove<T>(items: Map<string, Entry<T>>, key: string, item: T): void {
  const known = items.get(key);
  if (known instanceof Set) known.delete(item);
  if (known === item || (known instanceof Set && known.size === 0)) items.delete(key);
}

const NOTHING: readonly never[] = [];
