import { isAbsolute, resolve } from "node:path";
import type { Target } from "../pipeline.ts";
import { UnknownNameError } from "../project/errors.ts";
import type { PipelineEntry, ProjectContent, TargetEntry } from "../project/project.ts";
import { check } from "../yaml/check.ts";
import { refuse } from "../yaml/errors.ts";
import { child, describeNode, type MapEntry, type YamlNode } from "../yaml/node.ts";
import { toValue } from "../yaml/value.ts";
import { pipelineSchema, projectSchema, targetSchema } from "./schema.ts";
import { makeStep, plainNumbers } from "./steps.ts";
import { projectTags } from "./tags.ts";

/**
 * A project of ours. All that its file says is checked at once; only what comes from the environment is when it is needed.
 *
 * @param folder of the file: where its paths start. @throws ProjectFileError.
 */
export function readDatagraphProject(path: string, node: YamlNode, folder: string): ProjectContent {
  if (node.kind !== "map") refuse(node.place, `expected a map of pipelines and targets, found ${describeNode(node)}`);
  const config = child(node, "config");
  const scopes = entriesOf(child(node, "scopes"));
  checkProject(node, config, scopes);
  const targets = new Map(entriesOf(child(node, "targets")).map((entry) => [String(entry.key), targetOf(entry, config, folder)]));
  const shared = { path, folder, targets };
  const own = entriesOf(child(node, "pipelines")).map((entry) =>
    pipelineOf(entry, { ...shared, configs: [config], scope: undefined }),
  );
  const scoped = scopes.flatMap((scope) => {
    const configs = [config, child(scope.value, "config")];
    return entriesOf(child(scope.value, "pipelines")).map((entry) => pipelineOf(entry, { ...shared, configs, scope }));
  });
  const pipelines = [...own, ...scoped];
  refuseTwins(pipelines, [
    ...entriesOf(child(node, "pipelines")),
    ...scopes.flatMap(({ value }) => entriesOf(child(value, "pipelines"))),
  ]);
  return { path, format: "datagraph", pipelines, targets, notes: [] };
}

/** Each scope has a configuration of its own, so what is in it is checked by itself. */
function checkProject(node: YamlNode, config: YamlNode | undefined, scopes: readonly MapEntry[]): void {
  const configs = [config, ...scopes.map(({ value }) => child(value, "config"))];
  check(projectSchema, plainNumbers(toValue(node, projectTags(configs, "check"))), node);
}

function entriesOf(node: YamlNode | undefined): readonly MapEntry[] {
  return node?.kind === "map" ? node.entries : [];
}

interface Surroundings {
  readonly path: string;
  readonly folder: string;
  readonly targets: ReadonlyMap<string, TargetEntry>;
  readonly configs: readonly (YamlNode | undefined)[];
  readonly scope: MapEntry | undefined;
}

function pipelineOf({ key, value: node }: MapEntry, { path, folder, targets, configs, scope }: Surroundings): PipelineEntry {
  const known = projectTags(configs, "check");
  const declared = check(pipelineSchema, plainNumbers(toValue(node, known)), node);
  const shared = (scope ? plainNumbers(toValue(scope.value, known)) : {}) as {
    targets?: readonly string[];
    annotations?: object;
  };
  const tags = projectTags(configs);
  const target = (name: string, at: YamlNode): Target => {
    const entry = targets.get(name);
    return entry ? entry.read() : refuse(at.place, new UnknownNameError("target", name, [...targets.keys()], path).message);
  };
  const steps = child(node, "steps");
  return {
    name: String(key),
    id: String(key),
    ...(scope && { scope: String(scope.key) }),
    file: steps?.place.file ?? path,
    targets: [...new Set([...(declared.targets ?? []), ...(shared.targets ?? [])])],
    annotations: { ...shared.annotations, ...declared.annotations },
    ...(declared.deadLetter !== undefined && { deadLetter: declared.deadLetter }),
    readSteps: async () => (steps?.kind === "list" ? steps.items : []).map((item) => makeStep(item, { tags, folder, target })),
  };
}

function targetOf({ key, value: node }: MapEntry, config: YamlNode | undefined, folder: string): TargetEntry {
  const read = (): Target => {
    const { options, ...rest } = check(targetSchema, plainNumbers(toValue(node, projectTags([config]))), node);
    const found = defined(rest);
    return { name: String(key), ...found, ...(options && { options: relativeTo(folder, rest.connector, options) }) };
  };
  return { node, read };
}

/** Where a graph is kept is said relative to the project's file, as all paths in it are. */
function relativeTo(folder: string, connector: string, options: Readonly<Record<string, unknown>>) {
  const { path } = options;
  if (connector !== "memory" || typeof path !== "string" || path === "" || isAbsolute(path)) return options;
  return { ...options, path: resolve(folder, path) };
}

function refuseTwins(pipelines: readonly PipelineEntry[], entries: readonly MapEntry[]): void {
  const twin = pipelines.findIndex(({ name }, i) => pipelines.findIndex((other) => other.name === name) < i);
  const entry = entries[twin];
  if (entry) refuse(entry.keyPlace, `there are two pipelines "${entry.key}"; give one of them another name`);
}

/** Without what is not there. */
function defined<T extends object>(map: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined)) as never;
}
