import { z } from "zod";
import { didYouMean } from "./closest.ts";
import { type FileProblem, ProjectFileError } from "./errors.ts";
import { locate, locateKey, type Segment } from "./locate.ts";
import type { YamlNode } from "./node.ts";

/**
 * A value as a schema has it.
 *
 * @param node what the value was made of. @throws ProjectFileError with every mistake and its place in the file.
 */
export function check<S extends z.ZodType>(schema: S, value: unknown, node: YamlNode): z.output<S> {
  const result = schema.safeParse(value, { error: namesOfKeys });
  if (result.success) return result.data;
  throw new ProjectFileError(problemsOf(result.error.issues, value, node));
}

type Issue = z.core.$ZodIssue;

/** The message for an unknown key is the list of those that there are: zod's own issue does not have it. */
function namesOfKeys({ code, inst }: z.core.$ZodRawIssue): string | undefined {
  return code === "unrecognized_keys" && inst instanceof z.ZodObject ? Object.keys(inst.shape).join(", ") : undefined;
}

function problemsOf(issues: readonly Issue[], value: unknown, node: YamlNode): FileProblem[] {
  const all = issues.flatMap(likeliest);
  // Where a key is unknown, it is the one that is missing.
  const unknownAt = new Set(all.filter(({ code }) => code === "unrecognized_keys").map(({ path }) => path.join("\0")));
  const told = all.filter(({ code, path }) => code !== "custom" || !unknownAt.has(path.join("\0")));
  return told.flatMap((issue) => problemsOfOne(issue, value, node));
}

function problemsOfOne(issue: Issue, value: unknown, node: YamlNode): FileProblem[] {
  const path = pathOf(issue);
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(", ");
    return issue.keys.map((key) => ({ ...locateKey(node, path, key), problem: unknownKey(key, known, path) }));
  }
  const at = locate(node, path);
  const found = valueAt(value, path);
  const last = path.at(-1);
  const missing = found === undefined && typeof last === "string";
  const problem = missing
    ? `expected "${last}": ${expectation(issue)}; it is missing${within(path.slice(0, -1))}`
    : `expected ${expectation(issue)}, found ${describe(found, last)}${unsetVariable(at)}${within(path)}`;
  return [{ ...at.place, problem: issue.code === "custom" && !missing ? `${issue.message}${within(path)}` : problem }];
}

function unsetVariable(node: YamlNode): string {
  const { value } = node.kind === "scalar" && node.tag === "!env" ? node : {};
  return typeof value === "string" ? `: the environment has no variable "${value}"` : "";
}

/** Of several forms, what is wrong with the one that the value comes closest to. */
function likeliest(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || closeness(issue) <= issue.path.length) return [issue];
  const scored = issue.errors.map((issues) => ({ issues, score: Math.max(...issues.map(closeness)) }));
  const best = scored.sort((a, b) => b.score - a.score)[0]?.issues ?? [];
  return best.flatMap((one) => likeliest({ ...one, path: [...issue.path, ...one.path] } as Issue));
}

/** How far into the value a form fits it. */
function closeness(issue: Issue): number {
  const { path, code } = issue;
  if (code !== "invalid_union") return path.length + (code === "unrecognized_keys" || code === "custom" ? 0.5 : 0);
  return path.length + Math.max(0, ...issue.errors.flatMap((issues) => issues.map(closeness)));
}

function pathOf(issue: Issue): Segment[] {
  return issue.path.map((segment) => (typeof segment === "number" ? segment : String(segment)));
}

function unknownKey(key: string, known: readonly string[], path: readonly Segment[]): string {
  const list = known.join("") === "" ? "; there are none here" : `; known are: ${known.join(", ")}`;
  const hint = didYouMean(key, known);
  return `unknown key "${key}"${within(path)}${hint || list}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
  map: "a map",
  nonoptional: "a value",
};

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return kinds[issue.expected] ?? issue.expected;
    case "invalid_value":
      return `${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "too_small":
      return sizeText(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return sizeText(issue.origin, "at most", issue.maximum);
    case "invalid_union":
      return unionText(issue);
    case "not_multiple_of":
      return "a whole number";
    default:
      return issue.message;
  }
}

function unionText({ errors }: z.core.$ZodIssueInvalidUnion): string {
  const all = errors.flatMap((issues) => issues.filter(({ path }) => path.length === 0).map((issue) => expectation(issue)));
  const forms = [...new Set(all)];
  return forms.length > 3 ? "a value" : forms.join(", or ");
}

function sizeText(origin: string, comparison: string, limit: number | bigint): string {
  if (origin === "string") return "a text that is not empty";
  if (origin === "array") return `a list of ${comparison} ${limit} items`;
  return origin === "object" ? `a map of ${comparison} ${limit}` : `a number, ${comparison} ${limit}`;
}

function valueAt(value: unknown, path: readonly Segment[]): unknown {
  let at = value;
  for (const segment of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, segment)) return undefined;
    at = Reflect.get(at, segment);
  }
  return at;
}

/** Where numbers are as secret as texts are. */
const SECRET = /password|secret|token|credential|authorization/i;

/** What was found, in words; never what may be secret. */
function describe(value: unknown, key: Segment = ""): string {
  if (SECRET.test(String(key)) && typeof value === "number") return "a number";
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty map" : "a map";
  if (typeof value === "string") return value === "" ? "an empty text" : "a text";
  return String(value);
}

function within(path: readonly Segment[]): string {
  const text = path.map((segment) => (typeof segment === "number" ? `[${segment}]` : `.${segment}`)).join("");
  return text === "" ? "" : ` (${text.replace(/^\./, "")})`;
}
