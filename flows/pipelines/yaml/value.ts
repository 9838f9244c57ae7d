import { didYouMean } from "./closest.ts";
import { refuse } from "./errors.ts";
import { describeNode, type MapEntry, type YamlNode } from "./node.ts";

/** What a tag (with its mark) means, given what it stands before, without the tag. */
export type TagMeaning = (node: YamlNode, inside: (node: YamlNode) => unknown) => unknown;

/** The tags of a kind of file, by name. */
export type Tags = Readonly<Record<string, TagMeaning>>;

/** Maps under these keys may have keys of any kind, and become a `Map` where they have. */
const KEYS_OF_ANY_KIND = new Set(["cases"]);

/**
 * What a node says, as plain data.
 *
 * @throws ProjectFileError for a tag that there is not, or that is used wrongly.
 */
export function toValue(node: YamlNode, tags: Tags): unknown {
  const inside = (inner: YamlNode, anyKeys = false): unknown => {
    if (inner.tag !== undefined) {
      const { tag, ...rest } = inner;
      const meaning = Object.hasOwn(tags, tag) ? tags[tag] : undefined;
      return meaning ? meaning(rest, inside) : unknownTag(inner, tag, tags);
    }
    if (inner.kind === "scalar") return inner.value;
    if (inner.kind === "list") return inner.items.map((item) => inside(item));
    const isMap = anyKeys && inner.entries.some(({ key }) => typeof key !== "string");
    const entries = inner.entries.map(
      (entry) => [isMap ? entry.key : textKey(entry), inside(entry.value, isAnyKeyed(entry))] as const,
    );
    return isMap ? new Map(entries) : Object.fromEntries(entries);
  };
  return inside(node);
}

function isAnyKeyed({ key }: MapEntry): boolean {
  return typeof key === "string" && KEYS_OF_ANY_KIND.has(key);
}

function textKey({ key, keyPlace }: MapEntry): string {
  if (typeof key === "string") return key;
  const found = describeNode({ kind: "scalar", value: key, place: keyPlace });
  return refuse(keyPlace, `expected a key that is a text, found ${found}. Put it in quotes`);
}

function unknownTag(node: YamlNode, tag: string, tags: Tags): never {
  const known = Object.keys(tags);
  return refuse(node.place, `there is no tag "${tag}"${didYouMean(tag, known) || `; the tags are: ${known.join(", ")}`}`);
}

/** The text that a tag stands before. */
export function tagText(tag: string, node: YamlNode, expected: string): string {
  if (node.kind === "scalar" && typeof node.value === "string" && node.value !== "") return node.value;
  return refuse(node.place, `${tag}: expected ${expected}, found ${describeNode(node)}`);
}
