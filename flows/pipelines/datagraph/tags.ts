import { refuse } from "../yaml/errors.ts";
import { child, entryOf, type YamlNode } from "../yaml/node.ts";
import { type TagMeaning, type Tags, tagText, toValue } from "../yaml/value.ts";

/** A variable that is not set is a mistake, unless there is a value for that: `!env { name: HOST, default: localhost }`. */
function envTag(whenUnset: (node: YamlNode, name: string) => unknown): TagMeaning {
  return (node, inside) => {
    const expected = "the name of a variable of the environment, or a map of name and default";
    const name = tagText("!env", (node.kind === "map" && child(node, "name")) || node, expected);
    const found = process.env[name];
    if (found !== undefined) return found;
    const otherwise = child(node, "default");
    return otherwise ? inside(otherwise) : whenUnset(node, name);
  };
}

const strict = envTag((node, name) => refuse(node.place, `!env: the environment has no variable "${name}"`));
/** Where it is only checked what a file says: whatever is not set now may be set later. */
const lenient = envTag((_, name) => name);

/** The tags of a project's file. @param configs those of the project and of the scope; the last one wins. */
export function projectTags(configs: readonly (YamlNode | undefined)[], when: "run" | "check" = "run"): Tags {
  const env: Tags = { "!env": when === "run" ? strict : lenient };
  const config: TagMeaning = (node) => {
    const name = tagText("!config", node, "a key of config");
    const found = configs.toReversed().find((one) => one && entryOf(one, name));
    const value = found && child(found, name);
    return value ? toValue(value, env) : refuse(node.place, `!config: there is no "${name}" in config`);
  };
  return { ...env, "!config": config };
}
