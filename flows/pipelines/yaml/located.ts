import { DeclarationError } from "datagraph";
import { ConnectorOptionsError, InvalidTimeToLiveError } from "datagraph/graph";
import { InvalidPartError } from "datagraph/interpret";
import { ProjectFileError, refuse } from "./errors.ts";
import { locateTranslated } from "./locate.ts";
import type { YamlNode } from "./node.ts";

/** Parts of a declaration of ours that are called otherwise in a file. */
const aliases: Readonly<Record<string, string>> = {
  nodeCreationRule: "match_strategy",
  keyNormalization: "normalization",
  propertiesNormalization: "normalization",
  pattern: "regex",
  text: "fmt",
  path: "jmespath",
};

/** Makes something of a node; what is refused then is told with its place in the file. @throws ProjectFileError. */
export function located<T>(node: YamlNode, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ProjectFileError || !isRefusal(error)) throw error;
    if (!(error instanceof InvalidPartError)) return refuse(node.place, error.message.replace(/\.$/, ""), { cause: error });
    const path = error.path.replace(/^(arguments|interpreter|steps(\[\d+\])?)\.?/, "");
    return refuse(locateTranslated(node, path, aliases), `${error.path}: ${error.problem}`, { cause: error });
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof DeclarationError || error instanceof ConnectorOptionsError || error instanceof InvalidTimeToLiveError;
}
