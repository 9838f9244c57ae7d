import type { Properties } from "../../model.ts";
import type { MemoryGraph } from "../memory-graph.ts";
import { type Attribute, attributesOf } from "./attributes.ts";
import { toText } from "./plain.ts";
import { element, escapeXml, XML_DECLARATION } from "./xml.ts";

/**
 * GraphML (http://graphml.graphdrawing.org), with types where Neo4j's tools put them: the data `labels` of nodes, as in
 * `:Person:Writer`, and `label` of edges.
 */
export function* toGraphml(graph: MemoryGraph): Generator<string> {
  const [ofNodes, ofEdges] = [attributesOf(graph.nodes(), "n"), attributesOf(graph.relationships(), "e")];
  yield `${XML_DECLARATION}<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n${LABELS}`;
  yield `${declare(ofNodes, "node")}${declare(ofEdges, "edge")}<graph id="G" edgedefault="directed">\n`;
  for (const { id, types, properties } of graph.nodes()) {
    const labels = data("labels", types.map((type) => `:${type}`).join(""));
    yield `${element("node", { id }, `${labels}${dataOf(properties, ofNodes)}`)}\n`;
  }
  for (const { id, type, from, to, properties } of graph.relationships()) {
    const content = `${data("label", type)}${dataOf(properties, ofEdges)}`;
    yield `${element("edge", { id, source: from.id, target: to.id }, content)}\n`;
  }
  yield "</graph>\n</graphml>\n";
}

function declare(attributes: ReadonlyMap<string, Attribute>, on: "node" | "edge"): string {
  return [...attributes.values()].map(({ id, name, type }) => key(id, on, name, type)).join("");
}

function key(id: string, on: "node" | "edge", name: string, type: string): string {
  return `${element("key", { id, for: on, "attr.name": name, "attr.type": type })}\n`;
}

function dataOf(properties: Properties, attributes: ReadonlyMap<string, Attribute>): string {
  return Object.entries(properties)
    .map(([name, value]) => data(attributes.get(name)?.id, toText(value)))
    .join("");
}

function data(id: string | undefined, text: string): string {
  return element("data", { key: id }, escapeXml(text));
}

const LABELS = key("labels", "node", "labels", "string") + key("label", "edge", "label", "string");
