import { Flow, Processor, StreamFailedError, ValidationError } from "datagraph";
import { expect } from "vitest";
import { z } from "zod";
import { onEveryStore } from "./kit/every-store.ts";
import { errorOf, number, text } from "./kit/values.ts";

onEveryStore(
  "schemas: the producer's transforms what is written, the consumer's coerces what is read",
  async (makeSupervisor) => {
    const produce = new Processor({
      name: "produce",
      outputs: {
        item: z.object({ id: z.number(), tag: z.string().default("none") }).transform(({ id, tag }) => ({ key: `${tag}-${id}` })),
      },
    });
    produce.implement(async function* () {
      yield { item: { id: 1 } };
      yield { item: { id: 2, tag: "x" } };
    });
    const consume = new Processor({
      name: "consume",
      inputs: { item: z.object({ key: z.string().transform((key) => key.length) }) },
      outputs: { length: number },
    });
    consume.implementEach({}, ({ key }) => ({ length: key }));
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(produce, consume).resolve(), {}, { outputs: "all" });
    expect(await run.outputs.item.toArray()).toEqual([{ key: "none-1" }, { key: "x-2" }]);
    expect(await run.outputs.length.toArray()).toEqual([6, 3]);
  },
);

onEveryStore("schemas: one object for both ends is applied at both", async (makeSupervisor) => {
  const trimmed = z.string().trim().min(1);
  const produce = new Processor({ name: "produce", outputs: { word: trimmed } });
  produce.implement(async () => ({ word: "  hello " }));
  const consume = new Processor({ name: "consume", inputs: { word: trimmed }, outputs: { out: text } });
  consume.implementEach({}, (word) => ({ out: word }));
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(produce, consume).resolve());
  expect(await run.outputs.out.toArray()).toEqual(["hello"]);
});

const order = z.object({ items: z.array(z.object({ price: z.number() })) });

onEveryStore("schemas: a supplied value is checked at the door, with its path", async (makeSupervisor) => {
  const consume = new Processor({ name: "consume", inputs: { order }, outputs: { total: number } });
  consume.implementEach({}, ({ items }) => ({ total: items.reduce((sum, { price }) => sum + price, 0) }));
  const good = { items: [{ price: 1 }, { price: 2 }] };
  const bad = { items: [{ price: 1 }, { price: "free" as unknown as number }] };
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(consume).resolve(), { order: [good, bad, good] });
  const seen: number[] = [];
  const error = await errorOf(
    (async () => {
      for await (const total of run.outputs.total) seen.push(total);
    })(),
  );
  expect(seen, "what came before is kept").toEqual([3]);
  expect(error).toBeInstanceOf(StreamFailedError);
  const { cause, failure } = error as StreamFailedError;
  expect(failure).toMatchObject({ code: "VALIDATION", run: run.id });
  expect(failure.processor).toBeUndefined();
  expect(cause).toBeInstanceOf(ValidationError);
  expect(cause).toMatchObject({ stream: "order", issues: [{ path: expect.stringContaining("items[1].price") }] });
  expect((cause as Error).message).toMatch(/"order".*"consume".*items\[1\]\.price.*expected number/);
  await expect(run.done).rejects.toMatchObject({ code: "STREAM_FAILED" });
});

onEveryStore("schemas: a supplied value that the schema changes is changed once", async (makeSupervisor) => {
  const consume = new Processor({
    name: "consume",
    inputs: { n: z.string().transform((s) => `<${s}>`) },
    outputs: { out: text },
  });
  consume.implementEach({}, (value) => ({ out: value }));
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(consume).resolve(), { n: ["a", "b"] });
  expect(await run.outputs.out.toArray()).toEqual(["<a>", "<b>"]);
});

onEveryStore("schemas: a value that its producer's schema refuses fails the producer", async (makeSupervisor) => {
  const produce = new Processor({ name: "produce", outputs: { order } });
  produce.implement(async function* () {
    yield { order: { items: [] } };
    yield { order: { items: [{ price: "free" as unknown as number }] } };
  });
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(produce).resolve());
  expect(await errorOf(run.outputs.order.toArray())).toMatchObject({
    failure: { processor: "produce", code: "VALIDATION", message: expect.stringContaining('output of "produce"') },
  });
});

onEveryStore("schemas: a value that its consumer's schema refuses fails the consumer", async (makeSupervisor) => {
  const produce = new Processor({ name: "produce", outputs: ["n"] });
  produce.implement(async () => ({ n: "many" }));
  const consume = new Processor({ name: "consume", inputs: { n: z.number() }, outputs: { out: number } });
  consume.implementEach({}, (n) => ({ out: n }));
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(produce, consume).resolve());
  expect(await errorOf(run.outputs.out.toArray())).toMatchObject({
    failure: { processor: "consume", code: "VALIDATION", message: expect.stringContaining('input of "consume"') },
  });
});

onEveryStore("plain names carry any value", async (makeSupervisor) => {
  const pass = new Processor({ name: "pass", inputs: ["in"], outputs: ["out"] });
  pass.implement(async function* (inputs) {
    for await (const value of inputs.in) yield { out: value };
  });
  const values = [
    1n,
    new Date(5),
    new Map([["a", new Set([1])]]),
    undefined,
    null,
    Number.NaN,
    -0,
    new Uint8Array([1, 2]),
    { a: [undefined] },
    "ü",
  ];
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(pass).resolve(), { in: values });
  expect(await run.outputs.out.toArray()).toEqual(values);
});
