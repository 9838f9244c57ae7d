/*
 * Writing a graph to the embedded database against calling graphology directly.
 *
 * N records, each a person with two properties who works at one of some thousand companies. The reference merges two
 * nodes and an edge per record, under keys that it puts together itself; ours sends what an interpreter would make of each
 * record through a flow of one graph writer. Neither keeps a file.
 */
import { Flow, Supervisor } from "datagraph";
import { type DesiredIngestion, graphWriter, type NodeOperation } from "datagraph/graph";
import { MemoryGraph, memoryConnector } from "datagraph/graph/memory";
import { MultiDirectedGraph } from "graphology";
import { type Contender, type Measurement, perSecond, type Row } from "./row.ts";

const N = { full: 200_000, quick: 50_000, tiny: 500 };
const COMPANIES = 5000;

interface Employment {
  readonly person: { readonly id: string; readonly name: string; readonly age: number; readonly city: string };
  readonly employer: { readonly id: string; readonly name: string };
}

function record(i: number): Employment {
  const company = i % COMPANIES;
  return {
    person: { id: `p${i}`, name: `Person ${i}`, age: i % 90, city: `c${i % 1000}` },
    employer: { id: `e${company}`, name: `Co ${company}` },
  };
}

const direct: Contender = {
  n: N,
  async measure({ n }) {
    const graph = new MultiDirectedGraph();
    const start = performance.now();
    for (let i = 0; i < n; i++) {
      const { person, employer } = record(i);
      const from = `Person:${person.id}`;
      const to = `Company:${employer.id}`;
      graph.mergeNode(from, person);
      graph.mergeNode(to, employer);
      graph.mergeEdgeWithKey(`${from} WORKS_AT ${to}`, from, to, { type: "WORKS_AT" });
    }
    return { values: graph.size, score: perSecond(n, start) };
  },
};

function operation(type: string, id: string, properties: NodeOperation["node"]["properties"]): NodeOperation {
  return { node: { type, key: { id }, properties, additionalTypes: [] }, rule: "EAGER", stamp: true };
}

function* ingestions(n: number): Generator<DesiredIngestion> {
  for (let i = 0; i < n; i++) {
    const { person, employer } = record(i);
    const from = operation("Person", person.id, { name: person.name, age: person.age, city: person.city });
    const to = operation("Company", employer.id, { name: employer.name });
    const relationship = { type: "WORKS_AT", key: {}, properties: {} };
    yield { nodes: [from], relationships: [{ from, to, relationship, rule: "EAGER", stamp: true }], hooks: [] };
  }
}

async function measureWriter({ n }: { n: number }): Promise<Measurement> {
  await using supervisor = new Supervisor();
  const graph = new MemoryGraph();
  const writer = graphWriter({ name: "write", connector: memoryConnector(graph) });
  const start = performance.now();
  const run = await supervisor.startFlow(Flow.fromProcessors(writer).resolve(), { ingestions: ingestions(n) });
  let records = 0;
  for await (const batch of run.outputs["write.written"]) records += batch.records;
  if (records !== graph.size) throw new Error(`${records} records gave ${graph.size} relationships`);
  return { values: graph.size, score: perSecond(n, start) };
}

export const graphRows: readonly Row[] = [
  {
    name: "graph/embedded",
    title: "ingestions → graph writer → embedded graph / graphology directly",
    unit: "values/s",
    reference: direct,
    ours: { n: N, measure: measureWriter },
    ratio: { atLeast: 0.5 },
  },
];
