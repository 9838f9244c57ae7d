import { plainScalar, yaml11 } from "../../yaml/yaml-11.ts";
import { BadRecordError, SourceError } from "../errors.ts";
import type { Reading } from "./format.ts";
import { readText } from "./text.ts";

/** A record per document, as YAML 1.1: `yes` is true, `010` is 8, `1:30` is 90. */
export async function* readYaml(reading: Reading): AsyncGenerator<readonly unknown[]> {
  const text = await readText(reading);
  const { parseAllDocuments } = await import("yaml");
  const documents = parseAllDocuments(text, yaml11);
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      const [{ line, col } = { line: undefined, col: undefined }] = error.linePos ?? [];
      const problem = `this is not YAML: ${error.code.toLowerCase().replaceAll("_", " ")}`;
      throw new SourceError(reading.source, problem, { line, column: col, cause: error });
    }
    try {
      yield [plain(document.toJS({ maxAliasCount: 100 }), 0)];
    } catch (cause) {
      if (!(cause instanceof ReferenceError || cause instanceof RangeError)) throw cause;
      const problem = "a document refers to itself, is too deep, or repeats itself too often by its aliases";
      yield [new BadRecordError(reading.source, problem, {}, "", { cause })];
    }
  }
}

const MAX_DEPTH = 1000;

/** What YAML holds as what records hold. */
function plain(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError("too deep");
  if (typeof value !== "object" || value === null) return plainScalar(value);
  if (value instanceof Date || value instanceof Uint8Array) return value;
  if ("temporal" in value && "text" in value && Object.getPrototypeOf(value) === Object.prototype) return value;
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, (item) => plain(item, depth + 1));
  const entries =
    value instanceof Map ? Array.from(value, ([key, inner]) => [String(key), inner] as const) : Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner, depth + 1)]));
}
