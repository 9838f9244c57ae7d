import type { GraphNode, KeysOf, Properties, PropertyValue, RetrievedEnd } from "datagraph/graph";

/** A node of several types is written as of one of them, always the same: two writers at once would else make two nodes of it. */
export class Ownership {
  readonly #types: readonly KeysOf[];

  /** @param types in the order of their claims. */
  constructor(types: readonly KeysOf[]) {
    this.#types = types;
  }

  /** Whether a node that was found as one of `type` is written as such. */
  owns(type: string, { additionalTypes }: Pick<GraphNode, "additionalTypes">): boolean {
    return this.#ownerOf([type, ...additionalTypes])?.type === type;
  }

  /** The type that a node with these types is written as. */
  ownerOf({ type, additionalTypes = [] }: RetrievedEnd): string {
    return this.#ownerOf([type, ...additionalTypes])?.type ?? type;
  }

  /** The node as of the type that owns it. */
  owned({ type, key, properties = {}, additionalTypes = [] }: RetrievedEnd): GraphNode {
    const node = { type, key, properties, additionalTypes };
    const owner = this.#ownerOf([type, ...additionalTypes]);
    if (!owner || owner.type === type) return node;
    const all = { ...key, ...properties };
    const isKey = (name: string) => owner.keys.includes(name);
    // Without its owner's whole key it can be found only as it was.
    if (!owner.keys.every((name) => Object.hasOwn(all, name))) return node;
    return {
      type: owner.type,
      key: pick(all, isKey),
      properties: pick(all, (name) => !isKey(name)),
      additionalTypes: [type, ...additionalTypes].filter((each) => each !== owner.type),
    };
  }

  #ownerOf(types: readonly string[]): KeysOf | undefined {
    return this.#types.find((each) => types.includes(each.type));
  }
}

function pick(properties: Properties, wants: (name: string) => boolean): Properties {
  const picked: Record<string, PropertyValue> = Object.create(null);
  for (const name of Object.keys(properties)) if (wants(name)) picked[name] = properties[name] ?? null;
  return picked;
}
