import type { MemoryGraph } from "../memory-graph.ts";
import { toPlainProperties } from "./plain.ts";

/** `{ "nodes": [{ id, types, properties }], "relationships": [{ id, type, from, to, properties }] }`, one item per line. */
export function* toJson(graph: MemoryGraph): Generator<string> {
  yield '{"nodes":[';
  let separator = "\n";
  for (const { id, types, properties } of graph.nodes()) {
    yield `${separator}${JSON.stringify({ id, types, properties: toPlainProperties(properties) })}`;
    separator = ",\n";
  }
  yield '\n],"relationships":[';
  separator = "\n";
  for (const { id, type, from, to, properties } of graph.relationships()) {
    const relationship = { id, type, from: from.id, to: to.id, properties: toPlainProperties(properties) };
    yield `${separator}${JSON.stringify(relationship)}`;
    separator = ",\n";
  }
  yield "\n]}\n";
}
