import type { Properties } from "datagraph/graph";
import { type ExportFormat, exportGraph, MemoryGraph } from "datagraph/graph/memory";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";

const HOSTILE = '<a href="x">&amp; \' ]]> \u0000\u0001 \ud83d 🙂\n\t</a>';
/** What of it XML can hold. */
const HELD = '<a href="x">&amp; \' ]]> \ufffd\ufffd \ufffd 🙂\n\t</a>';

describe("exports", () => {
  it.each(["gexf", "graphml"] as const)("%s is well formed, whatever names and values contain", (format) => {
    const text = write(hostileGraph(), format);
    expect(XMLValidator.validate(text)).toBe(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not be there
    expect(text).not.toMatch(/[\u0000-\u0008]/);
  });

  it("gexf has nodes with label, types and typed attributes, and edges with their kind", () => {
    const { gexf } = parse(write(people(), "gexf"));
    expect(gexf.graph.attributes).toEqual([
      {
        "@class": "node",
        attribute: [
          { "@id": "types", "@title": "types", "@type": "string" },
          { "@id": "n0", "@title": "id", "@type": "long" },
          { "@id": "n1", "@title": "mixed", "@type": "string" },
          { "@id": "n2", "@title": "size", "@type": "double" },
        ],
      },
      { "@class": "edge", attribute: { "@id": "e0", "@title": "since", "@type": "long" } },
    ]);
    expect(gexf.graph.nodes.node).toEqual([
      {
        "@id": "n0",
        "@label": "1",
        attvalues: {
          attvalue: [
            { "@for": "types", "@value": "Person|Writer" },
            { "@for": "n0", "@value": "1" },
            { "@for": "n1", "@value": "true" },
            { "@for": "n2", "@value": "1" },
          ],
        },
      },
      {
        "@id": "n1",
        "@label": "2",
        attvalues: {
          attvalue: [
            { "@for": "types", "@value": "Person" },
            { "@for": "n0", "@value": "2" },
            { "@for": "n1", "@value": "yes" },
            { "@for": "n2", "@value": "1.5" },
          ],
        },
      },
    ]);
    expect(gexf.graph.edges.edge).toEqual({
      "@id": "r2",
      "@source": "n0",
      "@target": "n1",
      "@label": "KNOWS",
      "@kind": "KNOWS",
      attvalues: { attvalue: { "@for": "e0", "@value": "1840" } },
    });
  });

  it("graphml has labels and typed data", () => {
    const { graphml } = parse(write(people(), "graphml"));
    expect(graphml.graph.node[0].data).toEqual([
      { "@key": "labels", "#text": ":Person:Writer" },
      { "@key": "n0", "#text": "1" },
      { "@key": "n1", "#text": "true" },
      { "@key": "n2", "#text": "1" },
    ]);
    expect(graphml.graph.edge.data).toEqual([
      { "@key": "label", "#text": "KNOWS" },
      { "@key": "e0", "#text": "1840" },
    ]);
    expect(graphml.key).toContainEqual({ "@id": "n2", "@for": "node", "@attr.name": "size", "@attr.type": "double" });
  });

  it("keeps hostile text but for what XML cannot hold", () => {
    const { gexf } = parse(write(hostileGraph(), "gexf"));
    expect(gexf.graph.nodes.node["@label"]).toBe(HELD);
    const { graphml } = parse(write(hostileGraph(), "graphml"));
    expect(graphml.graph.node.data[1]["#text"]).toBe(HELD);
  });

  it("json and cytoscape are JSON, with every value that JSON has", () => {
    const graph = new MemoryGraph();
    const properties: Properties = {
      large: 2n ** 60n,
      float: { float: 1 },
      bytes: Uint8Array.of(1),
      at: new Date(0),
      list: ["a"],
    };
    const node = graph.addNode(["Some Type", "B"], { id: HOSTILE, ...properties }, ["id"]);
    graph.addRelationship(node, "SELF", node, JSON.parse('{"__proto__": 1}') as Properties);
    const plain = {
      id: HOSTILE,
      large: "1152921504606846976",
      float: 1,
      bytes: "AQ==",
      at: "1970-01-01T00:00:00.000Z",
      list: ["a"],
    };
    expect(JSON.parse(write(graph, "json"))).toEqual({
      nodes: [{ id: "n0", types: ["Some Type", "B"], properties: plain }],
      relationships: [{ id: "r1", type: "SELF", from: "n0", to: "n0", properties: JSON.parse('{"__proto__": 1}') as unknown }],
    });
    expect(JSON.parse(write(graph, "cytoscape"))).toMatchObject({
      elements: {
        nodes: [{ data: { id: "n0", label: HOSTILE, properties: plain }, classes: ["Some-Type", "B"] }],
        edges: [{ data: { id: "r1", source: "n0", target: "n0", type: "SELF" }, classes: ["SELF"] }],
      },
    });
  });

  it.each(["gexf", "graphml", "json", "cytoscape"] as const)("%s of an empty graph is one", (format) => {
    const text = write(new MemoryGraph(), format);
    if (format === "json" || format === "cytoscape") JSON.parse(text);
    else expect(XMLValidator.validate(text)).toBe(true);
  });
});

function people(): MemoryGraph {
  const graph = new MemoryGraph();
  const ada = graph.addNode(["Person", "Writer"], { id: 1, mixed: true, size: 1 }, ["id"]);
  const bob = graph.addNode(["Person"], { id: 2, mixed: "yes", size: 1.5 }, ["id"]);
  graph.addRelationship(ada, "KNOWS", bob, { since: 1840 });
  return graph;
}

function hostileGraph(): MemoryGraph {
  const graph = new MemoryGraph();
  const node = graph.addNode([HOSTILE], { [HOSTILE]: HOSTILE }, [HOSTILE]);
  graph.addRelationship(node, HOSTILE, node, { [HOSTILE]: HOSTILE });
  return graph;
}

function write(graph: MemoryGraph, format: ExportFormat): string {
  return [...exportGraph(graph, format)].join("");
}

function parse(xml: string) {
  const options = {
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
  };
  return new XMLParser(options).parse(xml.replaceAll(/>\n</g, "><"));
}
