import { z } from "zod";
import type { ProjectNote } from "../project/project.ts";
import { child, type YamlNode } from "../yaml/node.ts";
import { toValue } from "../yaml/value.ts";
import { text, texts } from "./arguments.ts";
import { optionTags } from "./tags.ts";

/** What is said of pipelines, one by one or together. */
export const annotations = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish();

const pipelineOfPlugin = z.strictObject({
  name: text,
  path: text.nullish(),
  annotations,
  targets: texts.nullish(),
  exclude_inherited_targets: z.boolean().nullish(),
});

export const pluginFile = z.strictObject({
  name: text,
  config: z.record(z.string(), z.unknown()).nullish(),
  targets: texts.nullish(),
  annotations,
  pipelines: z.array(pipelineOfPlugin).nullish(),
});

/** What a plugin's entry says of one of its pipelines. */
export interface PluginPipeline extends z.output<typeof pipelineOfPlugin> {
  readonly node: YamlNode;
}

/**
 * A plugin's entry: settings for the scope of its name. The plugin itself is a Python package, which is not loaded; its pipelines are files, and
 * those whose files are named are here.
 */
export interface Plugin {
  readonly name: string;
  readonly node: YamlNode;
  readonly config: YamlNode | undefined;
  readonly targets: readonly string[];
  readonly annotations: z.output<typeof annotations>;
  readonly pipelines: readonly PluginPipeline[];
}

/** By name. Of two entries for one the last counts, as in nodestream. @param project checked before. */
export function readPlugins(project: YamlNode): ReadonlyMap<string, Plugin> {
  const list = child(project, "plugins");
  const found = (list?.kind === "list" ? list.items : []).map((node): Plugin => {
    const { name, targets, annotations } = pluginFile.parse(toValue(node, optionTags));
    const pipelines = child(node, "pipelines");
    return {
      ...{ name, node, config: child(node, "config"), targets: targets ?? [], annotations },
      pipelines: (pipelines?.kind === "list" ? pipelines.items : []).map((one) => ({
        ...pipelineOfPlugin.parse(toValue(one, optionTags)),
        node: one,
      })),
    };
  });
  return new Map(found.map((plugin) => [plugin.name, plugin]));
}

/** What plugins say that has no effect here. @param pipelines names of those in the plugin's scope. */
export function pluginNotes({ name, node, pipelines }: Plugin, known: readonly string[]): ProjectNote[] {
  if (known.length === 0 && pipelines.length === 0) {
    const note =
      `the plugin "${name}" is Python code and is not loaded: its pipelines and steps are not here. ` +
      "Name the files of its pipelines (pipelines: [{ name, path }]), and they run with its configuration";
    return [{ ...node.place, note }];
  }
  return pipelines
    .filter((one) => !known.includes(one.name))
    .map((one) => ({
      ...one.node.place,
      note: `the pipeline "${one.name}" is in the Python package of the plugin "${name}", which is not loaded: say where its file is (path)`,
    }));
}
