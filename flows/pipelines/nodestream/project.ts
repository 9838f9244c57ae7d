import { basename, extname } from "node:path";
import { z } from "zod";
import type { PipelineEntry, ProjectContent, ProjectNote, TargetEntry } from "../project/project.ts";
import { check } from "../yaml/check.ts";
import { child, entryOf, type MapEntry, type YamlNode } from "../yaml/node.ts";
import { toValue } from "../yaml/value.ts";
import { text, texts } from "./arguments.ts";
import { readPipelineFile } from "./pipeline-file.ts";
import { optionTags, pipelineTags } from "./tags.ts";
import { ignoredOptions, readTarget } from "./targets.ts";

const annotations = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish();

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

const pluginFile = z.strictObject({
  name: text,
  config: z.record(z.string(), z.unknown()).nullish(),
  targets: texts.nullish(),
  annotations,
  pipelines: z.array(z.looseObject({ name: text })).nullish(),
});

const projectFile = z.strictObject({
  scopes: z.record(z.string(), scopeFile).nullish(),
  plugins: z.array(pluginFile).nullish(),
  targets: z.record(z.string(), z.looseObject({ database: text })).nullish(),
  storage: z.unknown().optional(),
  include_additional_types: z.boolean().nullish(),
});

/**
 * A project as nodestream has them.
 *
 * @param folder where paths start. @throws ProjectFileError.
 */
export function readNodestreamProject(path: string, node: YamlNode, folder: string): ProjectContent {
  check(projectFile, toValue(node, pipelineTags(undefined)), node);
  const scopes = entriesOf(child(node, "scopes"));
  const pipelines = scopes.flatMap((scope) => scopePipelines(scope, folder));
  const targets = entriesOf(child(node, "targets"));
  return {
    path,
    format: "nodestream",
    pipelines: withIds(pipelines),
    targets: new Map(targets.map(({ key, value }) => [String(key), targetOf(String(key), value)])),
    notes: [...notesOf(node), ...targets.flatMap(({ key, value }) => targetNotes(String(key), value))],
  };
}

function entriesOf(node: YamlNode | undefined): readonly MapEntry[] {
  return node?.kind === "map" ? node.entries : [];
}

type Entry = Omit<PipelineEntry, "id">;

function scopePipelines({ key, value: scope }: MapEntry, folder: string): Entry[] {
  const list = child(scope, "pipelines");
  const tags = pipelineTags(child(scope, "config"));
  const inherited = texts.nullish().parse(inside(scope, "targets")) ?? [];
  return (list?.kind === "list" ? list.items : []).map((node) => {
    const found = pipelineFile.parse(toValue(node, tags));
    const declared = typeof found === "string" ? { path: found } : found;
    const own = declared.targets ?? [];
    return {
      name: declared.name ?? basename(declared.path, extname(declared.path)),
      scope: String(key),
      file: declared.path,
      targets: [...new Set(declared.exclude_inherited_targets ? own : [...own, ...inherited])],
      annotations: { ...annotations.parse(inside(scope, "annotations")), ...declared.annotations },
      readSteps: () => readPipelineFile(declared.path, folder, tags),
    };
  });
}

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
function notesOf(node: YamlNode): ProjectNote[] {
  const at = (key: string, note: string) => {
    const entry = entryOf(node, key);
    return entry ? [{ ...entry.keyPlace, note }] : [];
  };
  const plugins = child(node, "plugins");
  const pluginNotes = (plugins?.kind === "list" ? plugins.items : []).map((plugin) => {
    const name = child(plugin, "name");
    const called = name?.kind === "scalar" ? String(name.value) : "";
    return {
      ...plugin.place,
      note: `the plugin "${called}" is Python code and is not loaded: its pipelines and steps are not here`,
    };
  });
  const additional = child(node, "include_additional_types");
  const wantsMore = additional?.kind === "scalar" && additional.value === true;
  return [
    ...pluginNotes,
    ...at("storage", "storage has no effect: the runtime itself goes on where it was"),
    ...(wantsMore ? at("include_additional_types", "additional types are not part of the schema here") : []),
  ];
}
