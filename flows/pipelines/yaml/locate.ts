import { child, entryOf, type Place, type YamlNode } from "./node.ts";

/** A step on the way into a value: a key or an index. */
export type Segment = string | number;

/** What a path into a value leads to in the file; as far as it can be followed. */
export function locate(node: YamlNode, path: readonly Segment[]): YamlNode {
  let at = node;
  for (const segment of path) {
    const next = typeof segment === "number" && at.kind === "list" ? at.items[segment] : child(at, String(segment));
    if (next === undefined) break;
    at = next;
  }
  return at;
}

/** The place of a key in the map that a path leads to. */
export function locateKey(node: YamlNode, path: readonly Segment[], key: string): Place {
  let at: YamlNode | undefined = node;
  for (const segment of path) {
    at = typeof segment === "number" && at?.kind === "list" ? at.items[segment] : at && child(at, String(segment));
  }
  return (at && entryOf(at, key)?.keyPlace) ?? locate(node, path).place;
}

/**
 * Where a path into a *translated* declaration leads in the file that it was made of: `interpretations[1].nodeKey.id.path`. Names may be written in
 * another way there (`node_key`), or be a tag, or one level deeper: what cannot be followed is passed over.
 */
export function locateTranslated(node: YamlNode, path: string, aliases: Readonly<Record<string, string>> = {}): Place {
  let at = node;
  for (const segment of segmentsOf(path)) at = follow(at, segment, aliases)?.node ?? at;
  return at.place;
}

/** Such a path in the file's words: `interpretations[1].node_key.id.jmespath`. Names that are in the file stay as they are there. */
export function translatedPath(node: YamlNode, path: string, aliases: Readonly<Record<string, string>>): string {
  let at = node;
  const words = segmentsOf(path).map((segment) => {
    const found = follow(at, segment, aliases);
    at = found?.node ?? at;
    if (typeof segment === "number") return `[${segment}]`;
    const word = found?.key ?? aliases[segment] ?? snakeCase(segment);
    return /^\w+$/.test(word) ? `.${word}` : `[${JSON.stringify(word)}]`;
  });
  return words.join("").replace(/^\./, "");
}

function segmentsOf(path: string): Segment[] {
  const segments = path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|\.?([^.[\]]+)/g);
  return [...segments].map(([, index, quoted, other, name]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? (other ?? name ?? "") : String(JSON.parse(`"${quoted}"`));
  });
}

interface Followed {
  readonly node: YamlNode;
  /** What the segment is called in the file. */
  readonly key?: string;
}

function follow(node: YamlNode, segment: Segment, aliases: Readonly<Record<string, string>>): Followed | undefined {
  if (node.kind === "list") {
    const item = typeof segment === "number" ? node.items[segment] : undefined;
    return item && { node: item };
  }
  if (node.kind === "scalar") return undefined;
  const name = String(segment);
  const names = [name, snakeCase(name), aliases[name] ?? name];
  const [here] = names.flatMap((one) => node.entries.find(({ key }) => String(key) === one) ?? []);
  if (here) return { node: here.value, key: String(here.key) };
  const deeper = node.entries.filter(
    ({ value }) => value.kind === "map" && value.entries.some(({ key }) => names.includes(String(key))),
  );
  const [only, ...others] = deeper;
  return only && others.length === 0 ? follow(only.value, segment, aliases) : undefined;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
