/** Where in a file something is. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface Common {
  readonly place: Place;
  /** As written, with its mark: `!env`. */
  readonly tag?: string;
}

export interface ScalarNode extends Common {
  readonly kind: "scalar";
  readonly value: unknown;
}

export interface ListNode extends Common {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
}

export interface MapNode extends Common {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  /** Mostly a text; in YAML anything can be a key. */
  readonly key: unknown;
  readonly keyPlace: Place;
  readonly value: YamlNode;
}

/** What a file says, with the place of everything. Aliases, merged keys and `!include` are resolved; other tags are still there. */
export type YamlNode = ScalarNode | ListNode | MapNode;

/** What a map has under a key. */
export function child(node: YamlNode, key: string): YamlNode | undefined {
  return entryOf(node, key)?.value;
}

export function entryOf(node: YamlNode, key: string): MapEntry | undefined {
  return node.kind === "map" ? node.entries.find((entry) => entry.key === key) : undefined;
}

/** What is written there, in words; never its content, which may be secret. */
export function describeNode(node: YamlNode): string {
  if (node.tag !== undefined) return `the tag ${node.tag}`;
  if (node.kind !== "scalar") return node.kind === "map" ? "a map" : "a list";
  const { value } = node;
  if (value === null) return "nothing";
  if (value === "") return "an empty text";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return "a text";
  return typeof value === "number" || typeof value === "bigint" ? "a number" : "a date or time";
}
