import { DeclarationError, Flow, type Log, MemoryStore, msgpackCodec, StreamFailedError, Supervisor } from "datagraph";
import { interpret, path, project, sourceNode } from "datagraph/interpret";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { relationship } from "./interpretations/declaration.ts";
import { expandJson } from "./transforms/declaration.ts";
import { filterBySchema, log, pass, rateLimit, transform } from "./transforms/steps.ts";

const people = {
  interpretations: [
    sourceNode({ nodeType: "Person", key: { id: path("id") } }),
    relationship({ nodeType: "Team", relationshipType: "IN", nodeKey: { id: path("team") } }),
  ],
};

describe("a pipeline of them", () => {
  const flow = Flow.fromProcessors(
    transform({ steps: [expandJson("people"), project(path("people"), { team: path("team") })] }),
    filterBySchema({ input: "transformed", schema: z.object({ id: z.string(), team: z.string() }) }),
    interpret({ input: "valid", ...people }),
  ).resolve();
  const records = [
    { team: "x", people: '[{"id":"A"},{"id":5}]' },
    { team: "z", people: '[{"id":"B"}]' },
  ];

  test.each([
    ["by reference", () => new MemoryStore()],
    ["through the codec, as with Redis", () => new MemoryStore({ codec: msgpackCodec() })],
  ])("gives ingestions in the order of the records: %s", async (_, store) => {
    await using supervisor = new Supervisor({ store: store() });
    const run = await supervisor.startFlow(flow, { records });
    const ingestions = await run.outputs.ingestions.toArray();
    expect(ingestions.map(({ nodes }) => nodes[0]?.node.key)).toEqual([{ id: "a" }, { id: "b" }]);
    expect(ingestions.map(({ relationships }) => relationships[0]?.to.node.key)).toEqual([{ id: "x" }, { id: "z" }]);
    expect(
      ingestions.every(({ nodes, relationships, hooks }) => nodes.length + relationships.length === 2 && hooks.length === 0),
    ).toBe(true);
  });

  test("a record that cannot be transformed fails it, with the place", async () => {
    await using supervisor = new Supervisor();
    const run = await supervisor.startFlow(flow, { records: [{ team: "x", people: "{" }] });
    const error = await run.outputs.ingestions.toArray().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamFailedError);
    expect(error).toMatchObject({
      failure: { code: "INTERPRETATION", message: expect.stringMatching(/^transform: steps\[0\]\.path/) },
    });
  });
});

test("a record that cannot be interpreted is set aside where that is declared, and the others go on", async () => {
  await using supervisor = new Supervisor();
  const flow = Flow.fromProcessors(
    transform({ steps: [expandJson("tags")], deadLetter: "continue" }),
    interpret({ input: "transformed", deadLetter: "continue", ...people }),
  ).resolve();
  const records = [{ id: 1 }, { id: { a: 1 } }, { id: 2, tags: "[" }, { id: 3 }];
  const run = await supervisor.startFlow(flow, { records });
  const ingestions = await run.outputs.ingestions.toArray();
  expect(ingestions.map(({ nodes }) => nodes[0]?.node.key)).toEqual([{ id: 1 }, { id: 3 }]);
  await run.done;
  const letters: unknown[] = [];
  for await (const { processor, attempts, failure } of supervisor.deadLetters.list()) {
    letters.push([processor, attempts, failure.code]);
  }
  expect(letters.sort()).toEqual([
    ["interpret", 1, "INTERPRETATION"],
    ["transform", 1, "INTERPRETATION"],
  ]);
});

test("streams and processors have the names they are given", async () => {
  const flow = Flow.fromProcessors(
    pass({ name: "first", output: "a" }),
    pass({ name: "second", input: "a", output: "b" }),
    interpret({ name: "people", input: "b", output: "wishes", ...people }),
  ).resolve();
  await using supervisor = new Supervisor();
  const run = await supervisor.startFlow(flow, { records: [{ id: 1 }, {}, { id: 2 }] });
  expect(await run.outputs.wishes.toArray()).toHaveLength(2);
});

test("a declaration that cannot work is refused when the processor is made", () => {
  expect(() => interpret({ interpretations: [sourceNode({ nodeType: "", key: {} })] })).toThrow(DeclarationError);
  expect(() => rateLimit({ perSecond: 0 })).toThrow(DeclarationError);
});

test("a rate limit lets pass at its rate, by the clock it is given", async () => {
  let now = 0;
  const waits: number[] = [];
  const clock = {
    now: () => now,
    wait: async (ms: number) => {
      waits.push(ms);
      now += ms;
    },
  };
  const flow = Flow.fromProcessors(rateLimit({ perSecond: 4, burst: 2, clock })).resolve();
  await using supervisor = new Supervisor();
  const run = await supervisor.startFlow(flow, { records: [1, 2, 3, 4, 5] });
  expect(await run.outputs.limited.toArray()).toEqual([1, 2, 3, 4, 5]);
  expect(waits).toEqual([250, 250, 250]);
});

test("a rate limit that waits ends with its run", async () => {
  const flow = Flow.fromProcessors(rateLimit({ perSecond: 0.001 })).resolve();
  await using supervisor = new Supervisor();
  const run = await supervisor.startFlow(flow, { records: [1, 2] });
  expect(await run.outputs.limited.first()).toBe(1);
  await run.cancel("enough");
  await expect(run.outputs.limited.toArray()).rejects.toThrow("enough");
});

test("log writes each record and hands it on", async () => {
  const lines: unknown[] = [];
  const write: Log["info"] = (message, fields) => {
    if (message === "seen") lines.push(fields?.record);
  };
  const flow = Flow.fromProcessors(log({ level: "warn", message: "seen" })).resolve();
  await using supervisor = new Supervisor({ log: { debug() {}, info() {}, warn: write, error() {} } });
  const run = await supervisor.startFlow(flow, { records: [{ a: 1 }, { a: 2 }] });
  expect(await run.outputs.logged.toArray()).toEqual([{ a: 1 }, { a: 2 }]);
  expect(lines).toEqual([{ a: 1 }, { a: 2 }]);
});
