import { InterpretationError } from "datagraph/interpret";
import type { RecordStep } from "../steps/step.ts";
import { translatedPath } from "../yaml/locate.ts";
import { aliases, type Complaint, located, withinStep } from "../yaml/located.ts";
import type { YamlNode } from "../yaml/node.ts";

/** Words of ours that problems are told with. What stands in quotes is data. */
const words =
  /"(?:[^"\\]|\\.)*"|\b(?:sourceNode|beforeIteration|iterateOn|switchOn|findMany|nodeKey|nodeType|relationshipType|relationshipKey)\b/g;

/** A complaint about a declaration of ours in the words of the file that it was made of. */
function inNodestreamWords(node: YamlNode, { path, problem }: Complaint): Complaint {
  return { path: translatedPath(node, withinStep(path), aliases), problem: inWords(problem) };
}

function inWords(text: string): string {
  return text.replaceAll(words, (word) =>
    word.startsWith('"') ? word : word.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
}

/** Makes something of a node of nodestream's. @throws ProjectFileError with its place, in the file's words. */
export function locatedInNodestream<T>(node: YamlNode, make: () => T): T {
  return located(node, make, (complaint) => inNodestreamWords(node, complaint));
}

/** A step that tells what is wrong with a record in the file's words. @param node its arguments. */
export function inFileWords(node: YamlNode, step: RecordStep): RecordStep {
  const translated = (name: string, error: unknown): unknown => {
    if (!(error instanceof InterpretationError)) return error;
    const { path, problem } = inNodestreamWords(node, { path: error.declaration, problem: error.problem });
    return new InterpretationError(name, path, inWords(error.place), problem, { cause: error.cause });
  };
  return {
    ...step,
    handler(name) {
      const handle = step.handler(name);
      return (record, task) => {
        try {
          return handle(record, task);
        } catch (error) {
          throw translated(name, error);
        }
      };
    },
  };
}
