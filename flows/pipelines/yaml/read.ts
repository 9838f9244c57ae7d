import { readFile } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import { plainScalar, yaml11 } from "../../../processors/yaml/yaml-11.ts";
import { ProjectFileError, refuse } from "./errors.ts";
import { describeNode, type MapEntry, type Place, type YamlNode } from "./node.ts";

/** How a file is written, and where the files are that it includes. */
export interface YamlOptions {
  /** 1.1 takes `yes` for true, as Python does; 1.2 takes it for a text. */
  readonly version: "1.1" | "1.2";
  /** Paths of `!include` start here. Default: the folder of the file. */
  readonly includesFrom?: string;
}

/** More than this is a mistake, or an attack by aliases. */
const LIMITS = { depth: 200, nodes: 200_000 } as const;

/**
 * What a YAML file says, with the place of everything.
 *
 * @param path as it is to be shown in messages too, when it is relative. @throws ProjectFileError.
 */
export async function readYaml(path: string, options: YamlOptions): Promise<YamlNode> {
  return readIncluding(resolve(path), options, []);
}

async function readIncluding(path: string, options: YamlOptions, including: readonly string[]): Promise<YamlNode> {
  const file = shownPath(path);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    return refuse({ file, line: 1, column: 1 }, `cannot be read (${codeOf(cause)})`, { cause });
  });
  return withIncludes(parseYaml(text, file, options), path, options, [...including, path]);
}

/** The same of a text. `!include` is left as it is. */
function parseYaml(text: string, file: string, { version }: Pick<YamlOptions, "version">): YamlNode {
  const lines = new LineCounter();
  const shared = { lineCounter: lines, prettyErrors: false } as const;
  const document =
    version === "1.1"
      ? parseDocument(text, { ...yaml11, ...shared, merge: true })
      : parseDocument(text, { version: "1.2", intAsBigInt: true, merge: true, ...shared });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      ...place(error.pos[0]),
      problem: `this is not YAML: ${trimmed(error.message)}`,
    }));
    throw new ProjectFileError(problems);
  }
  return new Conversion(document, place).node(document.contents, place(0), 0);
}

function trimmed(message: string): string {
  // Behind a colon the parser quotes what it has found, which may be secret.
  return (message.split("\n")[0] ?? "").replace(/: ".*$/, "").replace(/[.:\s]+$/, "");
}

/** What these tags say is known from the values already. */
const CORE_TAG = /^tag:yaml\.org,2002:(map|seq|str|int|float|bool|null|binary|timestamp|set|omap|pairs|merge)$/;

/** Turns what the parser gives into nodes of ours. */
class Conversion {
  readonly #document: Document.Parsed;
  readonly #place: (offset: number) => Place;
  #nodes = 0;

  constructor(document: Document.Parsed, place: (offset: number) => Place) {
    this.#document = document;
    this.#place = place;
  }

  node(node: Node | null | undefined, otherwise: Place, depth: number): YamlNode {
    const place = node?.range ? this.#place(node.range[0]) : otherwise;
    if (++this.#nodes > LIMITS.nodes || depth > LIMITS.depth) {
      refuse(place, "this is too large or too deep, refers to itself, or repeats itself too often by its aliases");
    }
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      return target === undefined
        ? refuse(place, `there is no anchor "${node.source}" before this alias`)
        : this.node(target, place, depth + 1);
    }
    const tag = node?.tag === undefined || CORE_TAG.test(node.tag) ? {} : { tag: node.tag };
    if (isMap(node)) return { kind: "map", entries: this.#entries(node.items, place, depth), place, ...tag };
    if (isSeq(node)) {
      return { kind: "list", items: node.items.map((item) => this.node(item as Node | null, place, depth + 1)), place, ...tag };
    }
    return { kind: "scalar", value: isScalar(node) ? plainScalar(node.value) : null, place, ...tag };
  }

  #entries(pairs: readonly Pair<unknown, unknown>[], place: Place, depth: number): MapEntry[] {
    const own: MapEntry[] = [];
    const merged: MapEntry[] = [];
    for (const pair of pairs) {
      const key = this.node(pair.key as Node | null, place, depth + 1);
      const value = this.node(pair.value as Node | null, key.place, depth + 1);
      if (key.kind !== "scalar") refuse(key.place, `expected a key, found ${describeNode(key)}`);
      if (isMergeKey(key.value)) merged.push(...mergedEntries(value));
      else own.push({ key: key.value, keyPlace: key.place, value });
    }
    const known = new Set(own.map(({ key }) => key));
    return [...own, ...merged.filter(({ key }) => !known.has(key) && known.add(key))];
  }
}

function isMergeKey(key: unknown): boolean {
  return typeof key === "symbol" && key.description === "<<";
}

/** Of several maps the first one wins. */
function mergedEntries(value: YamlNode): readonly MapEntry[] {
  if (value.kind === "map") return value.entries;
  if (value.kind === "list") return value.items.flatMap(mergedEntries);
  return refuse(value.place, `expected a map to merge, found ${describeNode(value)}`);
}

/** Puts what `!include` names in its place, however deep. */
async function withIncludes(node: YamlNode, path: string, options: YamlOptions, including: readonly string[]): Promise<YamlNode> {
  if (node.tag === "!include") return included(node, path, options, including);
  const inner = (one: YamlNode) => withIncludes(one, path, options, including);
  if (node.kind === "list") return { ...node, items: await inOrder(node.items, inner) };
  if (node.kind === "map") {
    return { ...node, entries: await inOrder(node.entries, async (entry) => ({ ...entry, value: await inner(entry.value) })) };
  }
  return node;
}

async function included(node: YamlNode, path: string, options: YamlOptions, including: readonly string[]): Promise<YamlNode> {
  if (node.kind !== "scalar" || typeof node.value !== "string" || node.value === "") {
    const { tag: _, ...bare } = node;
    refuse(node.place, `!include: expected the path of a file, found ${describeNode(bare)}`);
  }
  const target = resolve(options.includesFrom ?? resolve(path, ".."), node.value);
  if (including.includes(target)) {
    refuse(
      node.place,
      `!include: the files include each other in a circle: ${[...including, target].map(shownPath).join(" → ")}`,
    );
  }
  try {
    return await readIncluding(target, options, including);
  } catch (error) {
    const missing = error instanceof ProjectFileError && isMissing(error.cause);
    if (missing) refuse(node.place, `!include: there is no file ${shownPath(target)}`, { cause: error });
    throw error;
  }
}

async function inOrder<T, R>(items: readonly T[], change: (item: T) => Promise<R>): Promise<R[]> {
  const changed: R[] = [];
  for (const item of items) changed.push(await change(item));
  return changed;
}

/** Relative where it is below the working directory. */
export function shownPath(path: string): string {
  const way = relative(process.cwd(), path);
  return way !== "" && !way.startsWith("..") && !isAbsolute(way) ? way : path;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}
