import type { MemoryGraph } from "../memory-graph.ts";
import { labelOf, toPlainProperties } from "./plain.ts";

/**
 * The elements of Cytoscape.js (https://js.cytoscape.org/#notation/elements-json). Types are classes, too, so that styles can
 * select by them; properties are in `data.properties`, where no name of theirs is taken for one of Cytoscape's.
 */
export function* toCytoscape(graph: MemoryGraph): Generator<string> {
  yield '{"elements":{"nodes":[';
  let separator = "\n";
  for (const node of graph.nodes()) {
    const { id, types, properties } = node;
    const data = { id, label: labelOf(graph, node), types, properties: toPlainProperties(properties) };
    yield `${separator}${JSON.stringify({ data, classes: types.map(toClass) })}`;
    separator = ",\n";
  }
  yield '\n],"edges":[';
  separator = "\n";
  for (const { id, type, from, to, properties } of graph.relationships()) {
    const data = { id, source: from.id, target: to.id, label: type, type, properties: toPlainProperties(properties) };
    yield `${separator}${JSON.stringify({ data, classes: [toClass(type)] })}`;
    separator = ",\n";
  }
  yield "\n]}}\n";
}

/** A class has no blanks. */
function toClass(type: string): string {
  return type.replaceAll(/\s+/g, "-");
}
