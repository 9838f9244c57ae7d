import { DeclarationError } from "datagraph";
import { ConnectorOptionsError, InvalidTimeToLiveError } from "datagraph/graph";
import { InvalidPartError } from "datagraph/interpret";
import { ProjectFileError, refuse } from "./errors.ts";
import { locateTranslated } from "./locate.ts";
import type { YamlNode } from "./node.ts";

/** What is said of a part of a declaration: where it is, and what is wrong. */
export interface Complaint {
  readonly path: string;
  readonly problem: string;
}

/** Parts of a declaration of ours that are called otherwise in a file. */
export const aliases: Readonly<Record<string, string>> = {
  nodeCreationRule: "match_strategy",
  keyNormalization: "normalization",
  propertiesNormalization: "normalization",
  pattern: "regex",
  text: "fmt",
  path: "jmespath",
};

/**
 * Makes something of a node; what is refused then is told with its place in the file.
 *
 * @param inWords says it in the file's words, where they are not ours. @throws ProjectFileError.
 */
export function located<T>(node: YamlNode, make: () => T, inWords: (complaint: Complaint) => Complaint = asItIs): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ProjectFileError || !isRefusal(error)) throw error;
    if (!(error instanceof InvalidPartError)) return refuse(node.place, error.message.replace(/\.$/, ""), { cause: error });
    const path = withinStep(error.path);
    const said = inWords(error);
    return refuse(locateTranslated(node, path, aliases), `${said.path}: ${said.problem}`, { cause: error });
  }
}

/** A path within the step, whatever the step itself is called. */
export function withinStep(path: string): string {
  return path.replace(/^(arguments|interpreter|steps(\[\d+\])?)\.?/, "");
}

function asItIs(complaint: Complaint): Complaint {
  return complaint;
}

function isRefusal(error: unknown): error is Error {
  return error instanceof DeclarationError || error instanceof ConnectorOptionsError || error instanceof InvalidTimeToLiveError;
}
