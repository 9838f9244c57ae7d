/** Promise 26: names are any text; they are encoded without collisions, or refused with a typed error. */
import { DeclarationError, Flow, Processor } from "datagraph";
import { expect, inject, test } from "vitest";
import { within } from "../../src/testing/eventually.ts";
import { fresh } from "../support/fresh.ts";
import { client, makeSupervisor } from "./kit/scene.ts";

const LONG = "🙂".repeat(2_500);
const NAMES = [
  ":",
  "{",
  "}",
  "{}",
  "{a}:b",
  "*",
  "[a-z]",
  "?",
  "a\nb",
  "a\0b",
  "\\",
  "%7B",
  "~e30",
  "__proto__",
  "constructor",
  "toString",
  "🙂",
  "ü",
  "u\u0308",
  "a",
  "A",
  "a:",
  "s:0",
  "run",
  `${LONG}1`,
  `${LONG}2`,
];

test("streams and processors", async () => {
  const supervisor = makeSupervisor({ redis: inject("redisUrl") });
  const processors = NAMES.map((name) => {
    const processor = new Processor({ name, inputs: [name], outputs: [`out of ${name}`] });
    // The names are known when this runs, not when it is compiled.
    const handler = (value: unknown) => ({ [`out of ${name}`]: `${String(value)}!` });
    return processor.implementEach({}, handler as never);
  });
  const flow = Flow.fromProcessors(...processors).resolve();
  const inputs = Object.fromEntries(NAMES.map((name) => [name, [`value of ${name}`]]));
  const run = await supervisor.startFlow(flow, inputs);
  for (const name of NAMES) {
    const output: AsyncIterable<unknown> | undefined = (run.outputs as Record<string, AsyncIterable<unknown>>)[`out of ${name}`];
    const values: unknown[] = [];
    for await (const value of output ?? []) values.push(value);
    expect(values).toEqual([`value of ${name}!`]);
  }
  await within(run.done, "the run");
  expect(Object.keys((await run.progress()).tasks).sort()).toEqual([...NAMES].sort());
});

test("runs, side by side and from another process", async () => {
  const redis = inject("redisUrl");
  const prefix = `${fresh()}:`;
  const supervisor = makeSupervisor({ redis: { url: redis, prefix } });
  const processor = new Processor({ name: "id", inputs: ["id"], outputs: ["same"] });
  processor.implementEach({}, (id) => ({ same: id }));
  const flow = Flow.fromProcessors(processor).resolve();
  const ids = NAMES.map((name) => name.slice(-150));
  for (const id of ids) await supervisor.startFlow(flow, { id: [id] }, { id });
  const elsewhere = makeSupervisor({ redis: { url: redis, prefix } });
  for (const id of ids) expect(await (await elsewhere.run(id)).outputs.same?.toArray()).toEqual([id]);
  expect((await elsewhere.runs()).map(({ id }) => id).sort()).toEqual([...new Set(ids)].sort());
  // All keys of a run carry one hash tag of their own, in which nothing is left that Redis would read.
  const look = client(redis);
  const keys = await look.keys(`${prefix}*`);
  const tags = new Set(
    keys.filter((key) => key !== `${prefix}runs`).map((key) => /^[^{}]*\{([\w.~-]+)\}:(run|s:\d+)$/.exec(key)?.[1]),
  );
  expect(tags.has(undefined)).toBe(false);
  expect(tags.size).toBe(new Set(ids).size);
});

test("an id that is empty or too long is refused", async () => {
  const supervisor = makeSupervisor({ redis: inject("redisUrl") });
  const processor = new Processor({ name: "p", outputs: ["x"] }).implement(async () => ({ x: 1 }));
  const flow = Flow.fromProcessors(processor).resolve();
  for (const id of ["", " ", LONG]) await expect(supervisor.startFlow(flow, {}, { id })).rejects.toThrow(DeclarationError);
});
