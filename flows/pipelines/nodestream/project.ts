import { basename, extname } from "node:path";
import { z } from "zod";
import type { PipelineEntry, ProjectContent, ProjectNote, TargetEntry } from "../project/project.ts";
import { check } from "../yaml/check.ts";
import { child, entryOf, type MapEntry, type YamlNode } from "../yaml/node.ts";
import { toValue } from "../yaml/value.ts";
import { text, texts } from "./arguments.ts";
import { readPipelineFile } from "./pipeline-file.ts";
import { annotations, type Plugin, type PluginPipeline, pluginFile, pluginNotes, readPlugins } from "./plugins.ts";
import { optionTags, pipelineTags } from "./tags.ts";
import { ignoredOptions, readTarget } from "./targets.ts";

const pipelineFile = z.union([
  text,
  z.strictObject({
    path: text,
    name: text.nullish(),
    annotations,
    targets: texts.nullish(),
    exclude_inherited_targets: z.boolean().nullish(),
  }),
]);

const scopeFile = z
  .strictObject({
    pipelines: z.array(pipelineFile).nullish(),
    config: z.record(z.string(), z.unknown()).nullish(),
    targets: texts.nullish(),
    annotations,
  })
  .nullable();

const storageFile = z.strictObject({
  stores: z.array(z.looseObject({ name: text, type: text, hmac_key: z.string().nullish() })).nullish(),
});

const projectFile = z.strictObject({
  scopes: z.record(z.string(), scopeFile).nullish(),
  plugins: z.array(pluginFile).nullish(),
  targets: z.record(z.string(), z.looseObject({ database: text })).nullish(),
  storage: storageFile.nullish(),
  include_additional_types: z.boolean().nullish(),
});

/**
 * A project as nodestream has them.
 *
 * @param folder where paths start. @throws ProjectFileError.
 */
export function readNodestreamProject(path: string, node: YamlNode, folder: string): ProjectContent {
  const { include_additional_types } = check(projectFile, toValue(node, pipelineTags()), node);
  const plugins = readPlugins(node);
  const pipelines = scopesOf(node, plugins).flatMap((scope) => scopePipelines(scope, folder));
  const targets = entriesOf(child(node, "targets"));
  return {
    path,
    format: "nodestream",
    pipelines: withIds(pipelines),
    targets: new Map(targets.map(({ key, value }) => [String(key), targetOf(String(key), value)])),
    notes: [...notesOf(node, plugins, pipelines), ...targets.flatMap(({ key, value }) => targetNotes(String(key), value))],
    additionalTypes: include_additional_types ?? false,
  };
}

function entriesOf(node: YamlNode | undefined): readonly MapEntry[] {
  return node?.kind === "map" ? node.entries : [];
}

type Entry = Omit<PipelineEntry, "id">;

/** Pipelines that share their settings: those of a scope, of a plugin, or of both where they have one name. */
interface Scope {
  readonly name: string;
  readonly node: YamlNode | undefined;
  readonly plugin: Plugin | undefined;
}

/** Those that the file declares, then those of plugins. */
function scopesOf(node: YamlNode, plugins: ReadonlyMap<string, Plugin>): Scope[] {
  const scopes = entriesOf(child(node, "scopes")).map(({ key, value }) => ({ name: String(key), node: value }));
  const others = [...plugins.keys()].filter((name) => !scopes.some((scope) => scope.name === name));
  const all = [...scopes, ...others.map((name) => ({ name, node: undefined }))];
  return all.map((scope) => ({ ...scope, plugin: plugins.get(scope.name) }));
}

function scopePipelines(scope: Scope, folder: string): Entry[] {
  const { name, node, plugin } = scope;
  const tags = pipelineTags(node && child(node, "config"), plugin?.config);
  const list = node && child(node, "pipelines");
  const declared = (list?.kind === "list" ? list.items : []).map((each): DeclaredPipeline => {
    const found = pipelineFile.parse(toValue(each, tags));
    return typeof found === "string" ? { path: found } : found;
  });
  const ofPlugin = (plugin?.pipelines ?? []).flatMap(({ path, ...rest }) => (path ? [{ ...rest, path }] : []));
  return [...declared, ...ofPlugin].map(({ path, ...own }) => {
    const pipeline = own.name ?? basename(path, extname(path));
    return {
      ...{ name: pipeline, scope: name, file: path, ...settingsOf(scope, pipeline, own) },
      readSteps: () => readPipelineFile(path, folder, tags),
    };
  });
}

type DeclaredPipeline = Exclude<z.output<typeof pipelineFile>, string>;

/** Where a pipeline writes, and what is noted of it. What a plugin's entry says of one of its pipelines is in the place of what the pipeline says. */
function settingsOf({ node, plugin }: Scope, pipeline: string, own: Omit<DeclaredPipeline, "path">): Settings {
  const said: Partial<PluginPipeline> = plugin?.pipelines.find(({ name }) => name === pipeline) ?? {};
  const targets = said.targets ?? own.targets ?? [];
  const inherited = [...(texts.nullish().parse(node && inside(node, "targets")) ?? []), ...(plugin?.targets ?? [])];
  const isExclusive = said.exclude_inherited_targets ?? own.exclude_inherited_targets;
  const ofScope = annotations.parse(node && inside(node, "annotations"));
  return {
    targets: [...new Set(isExclusive ? targets : [...targets, ...inherited])],
    annotations: { ...plugin?.annotations, ...ofScope, ...own.annotations, ...said.annotations },
  };
}

type Settings = Pick<Entry, "targets" | "annotations">;

function inside(node: YamlNode, key: string): unknown {
  const found = child(node, key);
  return found && toValue(found, optionTags);
}

/** Names are known in a whole process: pipelines that share one are told apart by their scopes. */
function withIds(entries: readonly Entry[]): PipelineEntry[] {
  const count = (name: string) => entries.filter((one) => one.name === name).length;
  return entries.map((entry) => ({ ...entry, id: count(entry.name) > 1 ? `${entry.scope}.${entry.name}` : entry.name }));
}

function targetOf(name: string, node: YamlNode): TargetEntry {
  return { node, read: () => readTarget(name, node) };
}

function targetNotes(name: string, node: YamlNode): ProjectNote[] {
  const found = entriesOf(node).filter(({ key }) => ignoredOptions.includes(String(key)));
  return found.map(({ key, keyPlace }) => ({ ...keyPlace, note: `target "${name}": the option "${key}" has no effect here` }));
}

/** What the project's file says that has no effect. */
function notesOf(node: YamlNode, plugins: ReadonlyMap<string, Plugin>, pipelines: readonly Entry[]): ProjectNote[] {
  const namesIn = (scope: string) => pipelines.filter((one) => one.scope === scope).map(({ name }) => name);
  const storage = entryOf(node, "storage");
  return [
    ...[...plugins.values()].flatMap((plugin) => pluginNotes(plugin, namesIn(plugin.name))),
    ...(storage ? [{ ...storage.keyPlace, note: "storage has no effect: the runtime itself goes on where it was" }] : []),
  ];
}
