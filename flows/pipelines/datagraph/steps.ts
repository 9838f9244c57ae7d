import type { Normalization } from "datagraph/interpret";
import type { CypherQueryOptions } from "datagraph/neo4j";
import type { FileOptions } from "datagraph/sources";
import type { Target } from "../pipeline.ts";
import { functionStep } from "../steps/function.ts";
import { jsonSchemaStep } from "../steps/json-schema.ts";
import {
  filterStep,
  interpretStep,
  logStep,
  passStep,
  type RecordStepOptions,
  rateLimitStep,
  transformStep,
} from "../steps/records.ts";
import { cypherStep, expireStep, filesStep, httpStep, rangeStep, redisStreamStep, valuesStep } from "../steps/sources.ts";
import type { PipelineStep, RecordStep } from "../steps/step.ts";
import { switchStep } from "../steps/switch.ts";
import { refuse } from "../yaml/errors.ts";
import { locateKey } from "../yaml/locate.ts";
import { located } from "../yaml/located.ts";
import { child, type YamlNode } from "../yaml/node.ts";
import { type Tags, toValue } from "../yaml/value.ts";
import { withExpressions } from "./expressions.ts";
import { toCondition, toInterpreter } from "./interpretations.ts";
import type { StepKind } from "./schema.ts";

/** What steps refer to. */
export interface StepSurroundings {
  readonly tags: Tags;
  /** Where files are looked for. */
  readonly folder: string;
  readonly target: (name: string, node: YamlNode) => Target;
}

/** A step's own part, and what is beside it. */
interface Given {
  /** As it is written: numbers of all kinds, expressions. */
  readonly body: unknown;
  /** With plain numbers. Its schema has seen to its type. */
  readonly options: never;
  readonly node: YamlNode;
  readonly naming: RecordStepOptions;
}

type MakeStep = (given: Given, surroundings: StepSurroundings) => PipelineStep;

const expressionsOf = ({ body, node }: Given) => located(node, () => withExpressions(body)) as never;

const transformation =
  (type: string, partsOf: (body: never) => object): MakeStep =>
  (given) => {
    const transformation = { type, ...partsOf(expressionsOf(given)) } as never;
    return transformStep(transformation, given.naming);
  };

const kinds: Readonly<Record<StepKind, MakeStep>> = {
  files: ({ options, naming }, { folder }) => filesStep({ ...fileOptions(options, folder), ...naming }),
  http: ({ options, naming }) => httpStep({ ...(options as { url: string }), ...naming }),
  redisStream: ({ options, naming }) => redisStreamStep({ ...(options as { stream: string }), ...naming }),
  values: ({ body, naming }) => valuesStep(body as readonly unknown[], naming),
  range: ({ options, naming }) => rangeStep({ ...(options as { stop: number }), ...naming }),
  cypher: makeQuery,
  expire: ({ options, naming }) => expireStep(options, naming),
  project: transformation("project", (body: unknown) => (isProjection(body) ? body : { projection: body })),
  expandJson: transformation("expandJson", (path: unknown) => ({ path })),
  keepMatching: transformation("keepMatching", (fields: unknown) => ({ fields })),
  dropMatching: transformation("dropMatching", (fields: unknown) => ({ fields })),
  matchRegex: transformation("matchRegex", (body: object) => body),
  filter: (given) => filterStep(toCondition(expressionsOf(given)), given.naming),
  schema: ({ options, naming, node }) => loadedAt(node, jsonSchemaStep(options as Readonly<Record<string, unknown>>, naming)),
  each: ({ options, naming, node }, { folder }) => loadedAt(node, functionStep(options as string, folder, naming)),
  switch: makeSwitch,
  interpret: (given) => interpretStep(toInterpreter(expressionsOf(given)), given.naming),
  rateLimit: ({ options, naming }) => rateLimitStep(options, naming),
  pass: ({ naming }) => passStep(naming),
  log: ({ options, naming }) => logStep(options ?? {}, naming),
};

/** A step of `datagraph.yaml`, which its schema has accepted. @throws ProjectFileError. */
export function makeStep(node: YamlNode, surroundings: StepSurroundings): PipelineStep {
  const raw = toValue(node, surroundings.tags) as Readonly<Record<string, unknown>>;
  const kind = Object.keys(kinds).find((key): key is StepKind => Object.hasOwn(raw, key)) ?? "pass";
  const { name, annotations, deadLetter, replicas } = raw as RecordStepOptions;
  const naming = {
    ...(name !== undefined && { name }),
    ...(annotations !== undefined && { annotations }),
    ...(deadLetter !== undefined && { deadLetter }),
    ...(replicas !== undefined && { replicas: Number(plainNumbers(replicas)) }),
  };
  const body = raw[kind];
  const at = child(node, kind) ?? node;
  const made = located(at, () => kinds[kind]({ body, options: plainNumbers(body) as never, node: at, naming }, surroundings));
  const misplaced = ["deadLetter", "replicas"].find((key) => Object.hasOwn(raw, key));
  if (misplaced !== undefined && made.role !== "record") {
    refuse(locateKey(node, [], misplaced), `"${misplaced}" is for steps that handle records, and ${kind} is none`);
  }
  return made;
}

/** What cannot be loaded is told of with its place. */
function loadedAt(node: YamlNode, step: RecordStep): RecordStep {
  const load = async () => {
    const thrown: unknown = await step.load?.().catch((error: unknown) => error);
    if (thrown !== undefined) {
      located(node, () => {
        throw thrown;
      });
    }
  };
  return { ...step, load };
}

function isProjection(body: unknown): body is { readonly projection: unknown } {
  return typeof body === "object" && body !== null && "projection" in body;
}

function fileOptions(options: unknown, folder: string): FileOptions & { onRefused?: "emit" | "fail" } {
  type Lists = Readonly<Record<"paths" | "globs" | "urls", string | readonly string[] | undefined>>;
  const { paths, globs, urls, ...rest } = options as Lists & Readonly<Record<string, unknown>>;
  const list = (one: string | readonly string[] | undefined) => (typeof one === "string" ? [one] : one);
  const lists = { paths: list(paths), globs: list(globs), urls: list(urls) };
  const given = Object.fromEntries(Object.entries(lists).filter(([, value]) => value !== undefined));
  return { ...rest, ...given, cwd: folder };
}

function makeQuery({ body, options: plain, node, naming }: Given, { target: find }: StepSurroundings): PipelineStep {
  const { parameters } = body as Pick<CypherQueryOptions, "parameters">;
  const { target, ...options } = plain as Omit<CypherQueryOptions, "signal" | "uri"> & { readonly target?: string };
  const given = { ...options, ...(parameters && { parameters }) };
  if (target === undefined) {
    if (!Object.hasOwn(given, "uri")) refuse(node.place, 'expected "uri", or "target": the name of a target that is a Neo4j');
    return cypherStep({ ...(given as typeof given & { uri: string }), ...naming });
  }
  const { connector, options: reached } = find(target, child(node, "target") ?? node);
  if (connector !== "neo4j") refuse((child(node, "target") ?? node).place, `the target "${target}" is no Neo4j`);
  const { uri, username, password, database } = reached as Pick<CypherQueryOptions, "uri" | "username" | "password" | "database">;
  const address = { uri, ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
  return cypherStep({ ...address, ...(database !== undefined && { database }), ...given, ...naming });
}

function makeSwitch({ body, node, naming }: Given, surroundings: StepSurroundings): PipelineStep {
  const { switchOn, normalization } = body as { readonly switchOn: unknown; readonly normalization?: readonly Normalization[] };
  const branch = (one: YamlNode): RecordStep[] =>
    (one.kind === "list" ? one.items : [one]).map((inner) => {
      const step = makeStep(inner, surroundings);
      return step.role === "record" ? step : refuse(inner.place, `expected a step that handles records, found "${step.kind}"`);
    });
  const cases = child(node, "cases");
  const branches = new Map((cases?.kind === "map" ? cases.entries : []).map(({ key, value }) => [key, branch(value)]));
  const otherwise = child(node, "default");
  const options = { ...naming, ...(normalization && { normalization }), ...(otherwise && { default: branch(otherwise) }) };
  return switchStep(withExpressions(switchOn) as never, branches, options);
}

/** Whole numbers that are written as floats (`2.0`) are numbers where it is no matter of records. */
export function plainNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainNumbers);
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, plainNumbers(inner)]));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const { float, ...others }: { float?: unknown } = value;
  if (typeof float === "number" && Object.keys(others).length === 0) return float;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainNumbers(inner)]));
}
