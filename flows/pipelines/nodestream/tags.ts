import { InvalidPartError, nodestreamProvider } from "datagraph/interpret";
import { refuse } from "../yaml/errors.ts";
import { locateTranslated } from "../yaml/locate.ts";
import { child, describeNode, type YamlNode } from "../yaml/node.ts";
import { type TagMeaning, type Tags, tagText, toValue } from "../yaml/value.ts";

const providers = ["jmespath", "variable", "regex", "split", "cast", "mapping", "format", "normalize"];

const env: TagMeaning = (node) => process.env[tagText("!env", node, "the name of a variable of the environment")] ?? null;

const delayed: TagMeaning = (node, inside) => {
  const value = child(node, "value");
  if (node.kind !== "map" || node.entries.length !== 1 || value === undefined) {
    refuse(node.place, `!delayed: expected a map of "value", found ${describeNode(node)}`);
  }
  return inside(value);
};

/** What may stand in a target or in a scope's configuration. */
export const optionTags: Tags = { "!env": env, "!delayed": delayed };

/** What may stand in a pipeline file. @param configs of the pipeline's scope, and of its plugin: the first that has a key counts. */
export function pipelineTags(...configs: readonly (YamlNode | undefined)[]): Tags {
  const meanings = providers.map((tag) => [`!${tag}`, providerTag(tag)] as const);
  return { ...Object.fromEntries(meanings), ...optionTags, "!config": configTag(configs) };
}

function configTag(configs: readonly (YamlNode | undefined)[]): TagMeaning {
  return (node) => {
    const key = tagText("!config", node, "a key of the scope's config");
    const [found] = configs.flatMap((config) => (config && child(config, key)) ?? []);
    return found === undefined ? null : toValue(found, optionTags);
  };
}

function providerTag(tag: string): TagMeaning {
  return (node, inside) => {
    const body = inside(node);
    try {
      return nodestreamProvider(tag, body);
    } catch (error) {
      if (!(error instanceof InvalidPartError)) throw error;
      const { path, problem } = error;
      return refuse(locateTranslated(node, path.slice(tag.length + 1)), `${path}: ${problem}`, { cause: error });
    }
  };
}
