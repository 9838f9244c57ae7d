import type { MemoryGraph } from "../memory-graph.ts";
import { toCytoscape } from "./cytoscape.ts";
import { toGexf } from "./gexf.ts";
import { toGraphml } from "./graphml.ts";
import { toJson } from "./json.ts";

/** `gexf` and `graphml` are XML (Gephi, yEd, NetworkX); `json` is this project's own; `cytoscape` is Cytoscape.js' JSON. */
export type ExportFormat = "gexf" | "graphml" | "json" | "cytoscape";

/**
 * A graph as text, in pieces: it never takes more memory than a piece. Values that a format does not know become text.
 *
 * @example
 * await writeFile("people.gexf", exportGraph(graph, "gexf"));
 */
export function exportGraph(graph: MemoryGraph, format: ExportFormat): Generator<string> {
  return writers[format](graph);
}

const writers: Readonly<Record<ExportFormat, (graph: MemoryGraph) => Generator<string>>> = {
  gexf: toGexf,
  graphml: toGraphml,
  json: toJson,
  cytoscape: toCytoscape,
};
