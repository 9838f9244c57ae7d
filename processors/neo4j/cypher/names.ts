import { GraphWriteError } from "../../graph/index.ts";

/**
 * A label, relationship type or property name as it can stand in a statement: always quoted, so that no name is ever read as Cypher.
 *
 * Backticks are doubled. Cypher replaces `\uXXXX` before it looks for quotes, so that `\u0060` would be a backtick after all; a backslash
 * is therefore written as its own escape, which is replaced only once.
 *
 * @throws GraphWriteError for names that no Neo4j takes: empty ones, and those with a null byte.
 */
export function quoteName(name: string): string {
  if (name === "" || name.includes("\0")) {
    throw new GraphWriteError(
      "data",
      `Neo4j takes no ${name === "" ? "empty name" : `name with a null byte, like ${JSON.stringify(name)},`} for a label, relationship type or property.`,
    );
  }
  return `\`${name.replaceAll("\\", "\\u005C").replaceAll("`", "``")}\``;
}
