import { DeclarationError } from "datagraph";
import type { Properties, PropertyValue } from "../model.ts";
import { getValue, type MutableProperties, setValue } from "../properties.ts";
import { canonical } from "../values.ts";
import { type Indexed, KeyIndex } from "./key-index.ts";

/** A node or relationship as it is kept. */
export interface Item extends Indexed {
  readonly properties: MutableProperties;
}

/**
 * All nodes, or all relationships, by type; with an index for every type and set of key names that was asked for. Changes go
 * through it, so that the indexes hold.
 */
export class Collection<T extends Item> {
  readonly #typesOf: (item: T) => readonly string[];
  readonly #prefixOf: ((item: T) => string) | undefined;
  readonly #byType = new Map<string, Set<T>>();
  readonly #indexes = new Map<string, KeyIndex<T>[]>();
  readonly #keys = new Map<string, readonly string[]>();
  /** Names of which a change may concern an index. */
  readonly #indexedNames = new Set<string>();

  constructor(typesOf: (item: T) => readonly string[], prefixOf?: (item: T) => string) {
    this.#typesOf = typesOf;
    this.#prefixOf = prefixOf;
  }

  get types(): Iterable<string> {
    return this.#byType.keys();
  }

  ofType(type: string): ReadonlySet<T> {
    return this.#byType.get(type) ?? NONE;
  }

  /** The names of the key parts that items of each type were first made with. */
  get keys(): ReadonlyMap<string, readonly string[]> {
    return this.#keys;
  }

  /** Says how items of a type are identified, where that is not known. */
  setKeys(type: string, names: readonly string[]): void {
    if (!this.#keys.has(type)) this.#keys.set(type, names);
  }

  /** Items of a type that have these values (of a node's or relationship's key). */
  find(type: string, names: readonly string[], key: Properties, prefix = ""): readonly T[] {
    return this.#index(type, names).find(key, prefix);
  }

  add(item: T): void {
    for (const type of this.#typesOf(item)) this.#addToType(item, type);
  }

  /** After a type was added to what the item's types are. */
  addToType(item: T, type: string): void {
    this.#addToType(item, type);
  }

  remove(item: T): void {
    for (const type of this.#typesOf(item)) {
      const items = this.#byType.get(type);
      items?.delete(item);
      for (const index of this.#indexes.get(type) ?? []) index.remove(item);
      if (items?.size === 0) this.#forget(type);
    }
  }

  /**
   * Sets what is named, removes what is null, leaves the rest. Gives how many values were set or removed.
   *
   * @throws DeclarationError when the item is not (or no longer) here.
   */
  update(item: T, properties: Properties): number {
    if (!this.#has(item)) throw new DeclarationError("This node or relationship is not in the graph, or was removed from it.");
    const reindexed = this.#indexesConcerned(item, properties);
    for (const index of reindexed) index.remove(item);
    let changes = 0;
    for (const name in properties) changes += change(item.properties, name, properties[name]);
    for (const index of reindexed) index.add(item);
    return changes;
  }

  #has(item: T): boolean {
    const [type] = this.#typesOf(item);
    return type !== undefined && this.ofType(type).has(item);
  }

  /** Nothing is left of a type that nothing has. */
  #forget(type: string): void {
    this.#byType.delete(type);
    this.#indexes.delete(type);
    this.#keys.delete(type);
  }

  #addToType(item: T, type: string): void {
    const items = this.#byType.get(type);
    if (items) items.add(item);
    else this.#byType.set(type, new Set([item]));
    for (const index of this.#indexes.get(type) ?? []) index.add(item);
  }

  #index(type: string, names: readonly string[]): KeyIndex<T> {
    const indexes = this.#indexes.get(type) ?? [];
    for (const index of indexes) if (isSame(index.names, names)) return index;
    const index = new KeyIndex(names, this.#prefixOf);
    for (const item of this.ofType(type)) index.add(item);
    for (const name of names) this.#indexedNames.add(name);
    this.#indexes.set(type, [...indexes, index]);
    return index;
  }

  #indexesConcerned(item: T, properties: Properties): readonly KeyIndex<T>[] {
    for (const name in properties) {
      if (this.#indexedNames.has(name)) return this.#typesOf(item).flatMap((type) => this.#indexes.get(type) ?? []);
    }
    return NO_INDEXES;
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some === others || (some.length === others.length && some.every((name, i) => name === others[i]));
}

/** Properties as they are kept, later ones over earlier ones: each value in one form, none that is null. */
export function keptProperties(...all: readonly Properties[]): MutableProperties {
  // Not by spreading: an object that begins as a copy takes ten times as long to grow.
  const kept: MutableProperties = {};
  for (const properties of all) {
    for (const name in properties) {
      const value = properties[name];
      if (value === null || value === undefined) delete kept[name];
      else setValue(kept, name, typeof value === "string" ? value : canonical(value));
    }
  }
  return kept;
}

function change(properties: MutableProperties, name: string, value: PropertyValue | undefined): number {
  if (value === undefined || value === null) {
    if (!Object.hasOwn(properties, name)) return 0;
    delete properties[name];
    return 1;
  }
  if (getValue(properties, name) !== value) setValue(properties, name, canonical(value));
  return 1;
}

const NONE: ReadonlySet<never> = new Set();
const NO_INDEXES: readonly never[] = [];
