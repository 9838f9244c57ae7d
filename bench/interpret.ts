/*
 * JSON Lines → interpreter → nothing, on one core: a source node and a relationship per record. Compared with what has to be done
 * at least: reading each line with JSON.parse and writing the same ingestion as a literal.
 */

import { Flow, Processor, Supervisor, stream } from "datagraph";
import type { DesiredIngestion } from "datagraph/graph";
import {
  type InterpreterDeclaration,
  interpret,
  interpreter,
  parseJson,
  path,
  relationship,
  sourceNode,
} from "datagraph/interpret";
import { type Contender, perSecond, type Row } from "./row.ts";

export const N = { full: 400_000, quick: 100_000, tiny: 1_000 };

/** Different lines; they are gone through again and again, so that memory's speed is not what is measured. */
const LINES = 20_000;

export function lines(): readonly string[] {
  return Array.from({ length: LINES }, (_, i) =>
    JSON.stringify({
      id: `p${i}`,
      name: `Person ${i}`,
      age: (i * 37) % 90,
      city: `c${(i * 7919) % 1000}`,
      employer: { id: `e${(i * 104_729) % 5000}`, name: `Co ${i % 5000}` },
    }),
  );
}

export const people: InterpreterDeclaration = {
  interpretations: [
    sourceNode({
      nodeType: "Person",
      key: { id: path("id") },
      properties: { name: path("name"), age: path("age"), city: path("city") },
    }),
    relationship({
      nodeType: "Company",
      relationshipType: "WORKS_AT",
      nodeKey: { id: path("employer.id") },
      nodeProperties: { name: path("employer.name") },
    }),
  ],
};
const ingestionsOf = interpreter(people);

/** Lines → records → ingestions, as two processors in memory. */
const flow = Flow.fromProcessors(
  new Processor({ name: "parse", inputs: { lines: stream<string>() }, outputs: { records: stream<unknown>() } }).implementEach(
    {},
    (line) => ({ records: parseJson(line) }),
  ),
  interpret(people),
).resolve();

interface Person {
  readonly id: string;
  readonly name: string;
  readonly age: number;
  readonly city: string;
  readonly employer: { readonly id: string; readonly name: string };
}

function byHand({ id, name, age, city, employer }: Person): DesiredIngestion[] {
  const from = {
    node: { type: "Person", key: { id: id.toLowerCase() }, properties: { name, age, city }, additionalTypes: [] },
    rule: "EAGER",
    stamp: true,
  } as const;
  const to = {
    node: { type: "Company", key: { id: employer.id.toLowerCase() }, properties: { name: employer.name }, additionalTypes: [] },
    rule: "EAGER",
    stamp: true,
  } as const;
  const relationship = { type: "WORKS_AT", key: {}, properties: {} };
  return [{ nodes: [from], relationships: [{ from, to, relationship, rule: "EAGER", stamp: true }], hooks: [] }];
}

/** How many lines became one ingestion with one relationship, and how fast. */
function contender(handle: (line: string) => readonly DesiredIngestion[]): Contender {
  return {
    n: N,
    async measure({ n }) {
      const all = lines();
      const start = performance.now();
      let values = 0;
      for (let i = 0; i < n; i++) {
        for (const { relationships } of handle(all[i % LINES] ?? "")) values += relationships.length;
      }
      return { values, score: perSecond(values, start) };
    },
  };
}

/** The interpreter alone, over records that are there already. */
const interpretOnly: Contender = {
  n: N,
  async measure({ n }) {
    const records = lines().map((line) => parseJson(line));
    const start = performance.now();
    let values = 0;
    for (let i = 0; i < n; i++) {
      for (const { relationships } of ingestionsOf(records[i % LINES])) values += relationships.length;
    }
    return { values, score: perSecond(values, start) };
  },
};

/** The same through the runtime; nothing is kept. */
const throughFlow: Contender = {
  n: N,
  async measure({ n }) {
    const all = lines();
    await using supervisor = new Supervisor();
    const start = performance.now();
    const input = (function* () {
      for (let i = 0; i < n; i++) yield all[i % LINES] ?? "";
    })();
    const run = await supervisor.startFlow(flow, { lines: input }, { defaults: { retain: "unread" } });
    let values = 0;
    for await (const ingestions of run.outputs.ingestions.batches()) values += ingestions.length;
    const score = perSecond(values, start);
    return { values, score, figures: { "ms per 1000": 1e6 / score } };
  },
};

const parseByHand = (line: string): DesiredIngestion[] => byHand(JSON.parse(line));
const reference = contender(parseByHand);

export const interpretRows: readonly Row[] = [
  {
    name: "interpret/lines",
    title: "JSON Lines, interpreted: source node and relationship / JSON.parse and literals by hand",
    unit: "values/s",
    reference,
    ours: contender((line) => ingestionsOf(parseJson(line))),
    ratio: { atLeast: 0.3 },
  },
  {
    name: "interpret/flow",
    title: "the same as a flow of two processors in memory",
    unit: "values/s",
    ours: throughFlow,
    // 20 times nodestream's 6,900 records/s.
    limits: { "ms per 1000": 7.24 },
  },
  { name: "interpret/records", title: "the interpreter alone, over records in memory", unit: "values/s", ours: interpretOnly },
];
