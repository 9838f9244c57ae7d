import { LocalExecutor, Supervisor } from "datagraph";
import { type Connector, GraphWriteError, type QueryExecutor } from "datagraph/graph";
import { MemoryGraph, memoryConnector } from "datagraph/graph/memory";
import { and, compare, keepMatching, not, path, relationship, sourceNode, value } from "datagraph/interpret";
import { loadProject, type Pipeline, type PipelineOptions, pipeline, step } from "datagraph/pipelines";
import { describe, expect, inject, test } from "vitest";
import { folderOf } from "../support/folder.ts";
import { fresh } from "../support/fresh.ts";
import { linesOf } from "./kit/graphs.ts";
import { runPipeline } from "./kit/run.ts";

const person = [sourceNode({ nodeType: "Person", key: { id: path("id") } })];

/** A pipeline into a graph of its own. */
function into(graph: MemoryGraph, options: Omit<PipelineOptions, "targets">): Pipeline {
  return pipeline({ ...options, targets: [{ name: "graph", connector: memoryConnector(graph), batchSize: 2 }] });
}

describe("records that a step cannot handle", () => {
  const steps = [step.values([{ id: "a" }, { id: {} }, { id: "b" }]), step.interpret(person)];

  test("go to the dead letters, and the run goes on", async () => {
    const graph = new MemoryGraph();
    const { deadLetters, letters } = await runPipeline(into(graph, { name: "people", steps }));
    expect(linesOf(graph)).toEqual(['Person{id: "a"}', 'Person{id: "b"}']);
    expect(deadLetters).toBe(1);
    expect(letters).toMatchObject([
      { processor: "people/interpret", index: 2, value: { id: {} }, failure: { code: "INTERPRETATION" } },
    ]);
  });

  test("stop the run where that is declared, and are set aside all the same", async () => {
    const graph = new MemoryGraph();
    await using supervisor = new Supervisor({ log: { debug() {}, info() {}, warn() {}, error() {} } });
    const run = await supervisor.startFlow(into(graph, { name: "people", deadLetter: "stop", steps }).flow());
    await expect(run.done).rejects.toThrow(/property holds a scalar/);
    const indexes: number[] = [];
    for await (const { index } of supervisor.deadLetters.list()) indexes.push(index);
    expect(indexes).toEqual([2]);
  });

  test("fail the run where that is declared, for the pipeline or for one of its steps", async () => {
    const [source = step.pass()] = steps;
    for (const options of [
      { deadLetter: "fail" as const, steps },
      { steps: [source, step.interpret(person, { deadLetter: "fail" })] },
    ]) {
      await expect(runPipeline(into(new MemoryGraph(), { name: "people", ...options }))).rejects.toThrow(
        /property holds a scalar/,
      );
    }
  });

  const values = step.values([{ id: "a" }, { id: "cursed" }, { id: "b" }]);
  const unstorable = [values, step.interpret(person)];

  test("that are interpreted but cannot be stored are set aside alone, too", async () => {
    const graph = new MemoryGraph();
    const targetsOfIt = [{ name: "graph", connector: superstitious(graph) }];
    const { letters, targets } = await runPipeline(pipeline({ name: "p", steps: unstorable, targets: targetsOfIt }));
    expect(linesOf(graph)).toEqual(['Person{id: "a"}', 'Person{id: "b"}']);
    expect(letters).toMatchObject([{ processor: "p/graph", index: 2, failure: { code: "REFUSED_INGESTION" } }]);
    expect(targets).toMatchObject([{ refused: 1, nodesCreated: 2 }]);
  });

  test("or are told of, or end the run, where the target or the pipeline says so", async () => {
    const into = (options: Partial<PipelineOptions>, onRefused?: "emit" | "fail") => {
      const target = { name: "graph", connector: superstitious(new MemoryGraph()), ...(onRefused && { onRefused }) };
      return runPipeline(pipeline({ name: "p", steps: unstorable, targets: [target], ...options }));
    };
    expect(await into({}, "emit")).toMatchObject({ deadLetters: 0, refusals: [expect.stringMatching(/^graph: .*unlucky/)] });
    await expect(into({}, "fail")).rejects.toThrow(/unlucky/);
    await expect(into({ deadLetter: "fail" })).rejects.toThrow(/unlucky/);
  });
});

/** A database that refuses some of what is stored everywhere else. */
function superstitious(graph: MemoryGraph): Connector<undefined> {
  const connector = memoryConnector(graph);
  return {
    ...connector,
    async open() {
      const connection = await connector.open(undefined);
      const queries: QueryExecutor = {
        upsertNodes: async (shape, operations, context) => {
          if (operations.some(({ node }) => node.key.id === "cursed")) throw new GraphWriteError("data", "that is unlucky");
          return connection.queries.upsertNodes(shape, operations, context);
        },
        upsertRelationships: (...args) => connection.queries.upsertRelationships(...args),
        expire: (...args) => connection.queries.expire(...args),
        runHook: (...args) => connection.queries.runHook(...args),
      };
      return { ...connection, queries };
    },
  };
}

describe("replicas", () => {
  test("share the records of a step, and the graph is the same", async () => {
    const graph = new MemoryGraph();
    const steps = [
      step.range({ stop: 500 }),
      step.each(async (record) => [record], { replicas: 3 }),
      step.interpret([sourceNode({ nodeType: "N", key: { id: path("index") } })], { replicas: 2 }),
    ];
    const people = into(graph, { name: "p", steps });
    const declared = people.plan().processors.map(({ implementation }) => implementation);
    expect(declared).toMatchObject([{}, { options: { replicas: 3 } }, { options: { replicas: 2 } }, {}]);
    await runPipeline(people);
    expect(linesOf(graph)).toHaveLength(500);
  });
});

describe("annotations", () => {
  const steps = [
    step.values([{ id: "a" }, { id: "b" }]),
    step.transform(keepMatching({ value: path("id"), possibilities: ["a"] }), { annotations: ["small", "tiny"] }),
    step.interpret(person),
  ];

  test.each<[annotations: string[], ids: string[]]>([
    [[], ["a"]],
    [["small"], ["a"]],
    [["full", "tiny"], ["a"]],
    [["full"], ["a", "b"]],
  ])("%j", async (annotations, ids) => {
    const graph = new MemoryGraph();
    await runPipeline(into(graph, { name: "p", steps }), annotations);
    expect(linesOf(graph)).toEqual(ids.map((id) => `Person{id: "${id}"}`));
  });

  test("that leave no source leave nothing to do", () => {
    const lonely = pipeline({ name: "p", steps: [step.values([], { annotations: ["a"] }), step.pass()] });
    expect(() => lonely.flow({ annotations: ["b"] })).toThrow(/nothing comes before its step "pass"/);
  });
});

describe("targets", () => {
  test("all get everything", async () => {
    const [first, second] = [new MemoryGraph(), new MemoryGraph()];
    const targets = [
      { name: "first", connector: memoryConnector(first) },
      { name: "second", connector: memoryConnector(second), debounce: false },
      { name: "dry", connector: "null" },
    ];
    const steps = [step.range({ stop: 2500 }), step.interpret([sourceNode({ nodeType: "N", key: { id: path("index") } })])];
    const { targets: done, records } = await runPipeline(pipeline({ name: "p", steps, targets }));
    expect(records).toBe(2500);
    expect(done.map(({ target, ingestions, nodes }) => [target, ingestions, nodes])).toEqual([
      ["first", 2500, 2500],
      ["second", 2500, 2500],
      ["dry", 2500, 2500],
    ]);
    expect(linesOf(second)).toEqual(linesOf(first));
  });

  test("none of them: the last stream is the flow's output", async () => {
    const { outputs, logged } = await runPipeline(
      pipeline({ name: "p", steps: [step.values([1]), step.log({ message: "seen" })] }),
    );
    expect(outputs).toEqual({ "log.records": [1] });
    expect(logged).toEqual([["seen", 1]]);
  });

  test("what is written is stamped with the pipeline's name", async () => {
    const graph = new MemoryGraph();
    await runPipeline(into(graph, { name: "my people", steps: [step.values([{ id: 1 }]), step.interpret(person)] }));
    const [node] = [...graph.nodes()];
    expect(Object.keys(node?.properties ?? {}).sort()).toEqual([
      "id",
      "last_ingested_at",
      "last_ingested_by_my people_at",
      "was_ingested_by_my people",
    ]);
  });
});

describe("a pipeline is the same", () => {
  const records = [
    { id: "a", kind: "x", of: ["b", "c"], n: 1 },
    { id: "b", kind: "y", of: [], n: 2 },
    { id: "c", kind: "z", of: ["a"], n: 3 },
  ];
  const YAML = `
config: { label: from config }
targets: { graph: { connector: memory, options: { path: g.graph } } }
pipelines:
  both:
    targets: [graph]
    steps:
      - values: ${JSON.stringify(records)}
      - filter: { and: [{ not: { equals: ["\${kind}", z] } }, { greaterThan: ["\${n}", 0] }] }
      - interpret:
          - sourceNode:
              nodeType: Thing
              key: { id: "\${id}" }
              properties: { text: "\${kind}-\${n}!", dollar: "$\${n}", n: "\${n}", label: !config label, list: "\${[of]}", brace: "{\${n}}" }
              keyNormalization: [uppercase]
          - relationship:
              nodeType: Thing
              relationshipType: OF
              findMany: true
              nodeKey: { id: "\${of}" }
              keyNormalization: [uppercase]
            condition: { equals: ["\${kind}", x] }
`;
  const inTypeScript = (graph: MemoryGraph) =>
    into(graph, {
      name: "both",
      steps: [
        step.values(records),
        step.filter(and(not(compare(path("kind"), "equals", "z")), compare(path("n"), "greater_than", 0))),
        step.interpret([
          sourceNode({
            nodeType: "Thing",
            key: { id: path("id") },
            properties: {
              text: { format: { text: "{k}-{n}!", parts: { k: path("kind"), n: path("n") } } },
              dollar: value("${n}"),
              n: path("n"),
              label: "from config",
              list: path("[of]"),
              brace: { format: { text: "{{{n}}}", parts: { n: path("n") } } },
            },
            keyNormalization: ["uppercase"],
          }),
          relationship({
            ...{
              nodeType: "Thing",
              relationshipType: "OF",
              findMany: true,
              nodeKey: { id: path("of") },
              keyNormalization: ["uppercase"],
            },
            condition: compare(path("kind"), "equals", "x"),
          }),
        ]),
      ],
    });
  const expected = [
    'Thing{brace: "{1}", dollar: "${n}", id: "A", label: "from config", list: ["b", "c"], n: 1, text: "x-1!"}',
    'Thing{brace: "{2}", dollar: "${n}", id: "B", label: "from config", list: [], n: 2, text: "y-2!"}',
    'Thing{id: "C"}',
  ];

  test("in YAML and in TypeScript", async () => {
    const [ours, theirs] = [new MemoryGraph(), new MemoryGraph()];
    await runPipeline(inTypeScript(theirs));
    expect(linesOf(theirs).filter((line) => !line.includes("->"))).toEqual(expected);
    expect(linesOf(theirs)).toHaveLength(5);
    const project = await loadProject(await folderOf({ "datagraph.yaml": YAML }));
    const entry = project.pipelines[0] ?? expect.fail("no pipeline");
    const { steps, name } = await project.load(entry);
    await runPipeline(into(ours, { name, steps }));
    expect(linesOf(ours)).toEqual(linesOf(theirs));
  });

  test("on streams in Redis", async () => {
    const [here, there] = [new MemoryGraph(), new MemoryGraph()];
    await runPipeline(inTypeScript(here));
    const redis = { url: inject("redisUrl"), prefix: `${fresh()}:` };
    await runPipeline(inTypeScript(there), [], { redis, executor: new LocalExecutor() });
    expect(linesOf(there)).toEqual(linesOf(here));
  });
});

test("a pipeline shows as a picture, and its schema needs no run", () => {
  const people = pipeline({ name: "people", steps: [step.range({ stop: 1 }), step.interpret(person)] });
  expect(people.flow().toMermaid()).toContain("people#47;interpret");
  expect(people.schema().nodes).toMatchObject([{ name: "Person" }]);
});
