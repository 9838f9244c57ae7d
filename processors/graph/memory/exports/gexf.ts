import type { Properties } from "../../model.ts";
import type { MemoryGraph } from "../memory-graph.ts";
import { type Attribute, attributesOf } from "./attributes.ts";
import { labelOf, toText } from "./plain.ts";
import { element, XML_DECLARATION } from "./xml.ts";

/** GEXF 1.3 (https://gexf.net/schema.html): what Gephi reads. Types are the attribute `types`, and an edge's label and kind. */
export function* toGexf(graph: MemoryGraph): Generator<string> {
  const [ofNodes, ofEdges] = [attributesOf(graph.nodes(), "n"), attributesOf(graph.relationships(), "e")];
  yield `${XML_DECLARATION}<gexf xmlns="http://gexf.net/1.3" version="1.3">\n<graph defaultedgetype="directed" mode="static">\n`;
  yield `<attributes class="node">\n${TYPES}${declare(ofNodes)}</attributes>\n`;
  yield `<attributes class="edge">\n${declare(ofEdges)}</attributes>\n<nodes>\n`;
  for (const node of graph.nodes()) {
    const types = element("attvalue", { for: "types", value: node.types.join("|") });
    const values = `<attvalues>${types}${valuesOf(node.properties, ofNodes)}</attvalues>`;
    yield `${element("node", { id: node.id, label: labelOf(graph, node) }, values)}\n`;
  }
  yield "</nodes>\n<edges>\n";
  for (const { id, type, from, to, properties } of graph.relationships()) {
    const ends = { source: from.id, target: to.id };
    const values = valuesOf(properties, ofEdges);
    const content = values === "" ? undefined : `<attvalues>${values}</attvalues>`;
    yield `${element("edge", { id, ...ends, label: type, kind: type }, content)}\n`;
  }
  yield "</edges>\n</graph>\n</gexf>\n";
}

function declare(attributes: ReadonlyMap<string, Attribute>): string {
  return [...attributes.values()].map(({ id, name, type }) => `${element("attribute", { id, title: name, type })}\n`).join("");
}

function valuesOf(properties: Properties, attributes: ReadonlyMap<string, Attribute>): string {
  return Object.entries(properties)
    .map(([name, value]) => element("attvalue", { for: attributes.get(name)?.id, value: toText(value) }))
    .join("");
}

const TYPES = `${element("attribute", { id: "types", title: "types", type: "string" })}\n`;
