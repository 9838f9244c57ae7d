import { checkpoint, type IO, many, Processor, stream } from "datagraph";
import { z } from "zod";
import { type Equal, same } from "./equal.ts";

const foobar = () =>
  new Processor({
    name: "foobar",
    inputs: { foo: z.string().transform(Number) },
    outputs: {
      bar: z.number(),
      kind: z.enum(["big", "small"]),
      item: z.object({ id: z.coerce.number(), tag: z.literal("x").optional() }),
    },
  });

// A plain handler's inputs, task and emissions are typed.
foobar().implement(async function* ({ foo }, task) {
  same<Equal<typeof foo, IO<number, "foo">>>();
  same<Equal<typeof task.signal, AbortSignal>>();
  for await (const value of foo) {
    same<Equal<typeof value, number>>();
    yield { bar: value };
    yield { kind: "big", item: { id: "5", tag: "x" } };
    yield { bar: many([1, 2]), kind: value > 2 ? "big" : "small" };
  }
});
foobar().implement(async ({ foo }) => ({ bar: await foo.first(), kind: "small" }));
foobar().implement(async ({ foo }) => {
  await foo.first();
});
foobar().implement(function* () {
  yield { kind: "big" };
});
foobar().implement(({ foo }) => (foo.name === "foo" ? { bar: 1 } : { kind: "small" }));

// A name that is computed cannot be told here: it is checked when it is emitted.
const computed: string = "bar";
foobar().implement(async function* () {
  yield { [computed]: 1 };
});
foobar().implementEach({}, (value) => ({ [computed]: value }));

// Wrong emissions are told by output and processor.
// @expect TypeProblem<"Processor \\"foobar\\" has no output \\"baz\\"", { outputs: "bar" \| "item" \| "kind"; }>
foobar().implement(async function* () {
  yield { baz: 1 };
});
// @expect has no output \\"baz\\"
foobar().implement(async function* () {
  yield { bar: 1 };
  yield { bar: 1, baz: 1 };
});
// @expect has no output \\"baz\\"
foobar().implement(async () => ({ bar: 1, baz: 1 }));
// @expect "Output \\"bar\\" of processor \\"foobar\\" gets a value of the wrong type", { emitted: string; expected: number; }
foobar().implement(async function* () {
  yield { kind: "big" };
  yield { bar: "1" };
});
// @expect Output \\"bar\\" of processor \\"foobar\\" gets a value of the wrong type
foobar().implement(() => ({ bar: many(["1"]) }));
// @expect Output \\"kind\\" of processor \\"foobar\\" .* { emitted: "middle"; expected: "big" \| "small"; }
foobar().implement(function* () {
  yield { kind: "middle" };
});
// @expect Processor \\"foobar\\" emits something that is not an object of outputs by name
foobar().implement(async function* () {
  yield 5;
});
// @expect Processor \\"foobar\\" emits something that is not an object of outputs by name
foobar().implement(async () => [{ bar: 1 }]);
// @expect Property 'fox' does not exist
foobar().implement(async function* ({ fox }) {
  yield { bar: 1 };
});

// Handlers of one input.
foobar().implementEach({}, (value, context, task) => {
  same<Equal<typeof value, number>>();
  same<Equal<keyof typeof context, never>>();
  return value > 1 ? { bar: task.attempt } : undefined;
});
// A key gets the input's value, as its schema makes it.
foobar().implementEach({ replicas: 2, key: (value) => (same<Equal<typeof value, number>>(), value % 2) }, (value) => ({ bar: value }));
foobar().implementBatch({ input: "foo", key: (value) => value.toFixed(), replicas: 3 }, ([value = 0]) => ({ bar: value }));
// @expect 'toUpperCase' does not exist on type 'number'
foobar().implementEach({ key: (value) => value.toUpperCase() }, (value) => ({ bar: value }));
// @expect not assignable to type .*Key
foobar().implementEach({ key: (value) => ({ value }) }, (value) => ({ bar: value }));
foobar().implement({ retry: { attempts: 5 } }, async function* ({ foo }, task) {
  same<Equal<typeof foo, IO<number, "foo">>>();
  yield { bar: task.tries };
});
// @expect Output \\"bar\\" of processor \\"foobar\\" gets a value of the wrong type
foobar().implement({ retry: { attempts: 5 } }, async () => ({ bar: "one" }));
// @expect The one option of a plain handler is
foobar().implement({ retry: {}, deadLetter: "continue" }, async () => ({ bar: 1 }));
// @expect number' is not assignable to type 'Dependency
foobar().implement({ replicas: 2 }, async ({ foo }) => ({ bar: await foo.first() }));
foobar().implementEach({ input: "foo", concurrency: 4 }, async (value) => [{ bar: value }, { kind: "big" }]);
foobar().implementBatch({ maxSize: 10 }, (values) => {
  same<Equal<typeof values, readonly number[]>>();
  return values.map((bar) => ({ bar }));
});
foobar().implementBatch({}, async function* (values) {
  yield { bar: many(values) };
});
// @expect has no output \\"baz\\"
foobar().implementEach({}, (value) => ({ baz: value }));
// @expect has no output \\"baz\\"
foobar().implementBatch({}, async (values) => values.map((baz) => ({ baz })));
// @expect Output \\"bar\\" of processor \\"foobar\\" gets a value of the wrong type
foobar().implementEach({}, (value) => ({ bar: String(value) }));

// Several inputs: one is chosen, the others are read as streams.
const join = () => new Processor({ name: "join", inputs: { left: stream<Date>(), right: stream<boolean>() }, outputs: ["out"] });
join().implementEach({ input: "left" }, async (value, { right }) => {
  same<Equal<typeof value, Date>>();
  same<Equal<typeof right, IO<boolean, "right">>>();
  return { out: await right.first() };
});
// @expect Property 'input' is missing
join().implementEach({}, () => undefined);
// @expect Type '"lefty"' is not assignable to type '"left" \| "right"'
join().implementEach({ input: "lefty" }, () => undefined);
// @expect Property 'left' does not exist
join().implementEach({ input: "left" }, (_value, { left }) => ({ out: left }));

// Names alone: values are unknown, names are still checked.
const plain = () => new Processor({ name: "plain", inputs: ["a"], outputs: ["b"] });
plain().implement(async function* ({ a }) {
  for await (const value of a) {
    same<Equal<typeof value, unknown>>();
    yield { b: value };
  }
});
// @expect Processor \\"plain\\" has no output \\"c\\"
plain().implementEach({}, (c) => ({ c }));

// Names that the compiler does not know.
const names: string[] = ["x"];
new Processor({ name: "dynamic", inputs: names, outputs: names }).implement(async function* (inputs) {
  same<Equal<typeof inputs.x, IO<unknown, string> | undefined>>();
  yield { y: 1 };
});
const erased: Processor = new Processor({ name: "erased", inputs: names });
erased.implement(async function* () {
  yield { y: 1 };
});

// Sources and sinks.
new Processor({ name: "source", outputs: { n: z.number() } }).implement(async function* (inputs) {
  same<Equal<keyof typeof inputs, never>>();
  yield { n: 1 };
});
new Processor({ name: "sink", inputs: { n: z.number() } }).implementEach({}, (n) => {
  n.toFixed();
});
// @expect Processor \\"sink\\" has no output \\"m\\"
new Processor({ name: "sink", inputs: { n: z.number() } }).implementEach({}, (m) => ({ m }));

// A state that is saved is checked, and comes back as its schema makes it; without one it is of an unknown type.
const resumable = () =>
  new Processor({
    name: "resumable",
    inputs: { n: stream<number>() },
    outputs: { sum: stream<number>() },
    state: z.object({ at: z.string().transform((text) => new Date(text)), sum: z.number() }),
  });
resumable().implement(async function* ({ n }, task) {
  same<Equal<typeof task.state, { at: Date; sum: number } | undefined>>();
  let sum = task.state?.sum ?? 0;
  for await (const value of n) {
    sum += value;
    yield { sum };
    yield checkpoint({ at: "now", sum });
  }
});
resumable().implement(function* () {
  yield checkpoint({ at: "now", sum: 1 });
});
// @expect A checkpoint of processor \\"resumable\\" saves a state of the wrong type", { saved: { at: Date; sum: number; }; expected:
resumable().implement(async function* () {
  yield { sum: 1 };
  yield checkpoint({ at: new Date(), sum: 1 });
});
// @expect has no output \\"product\\"
resumable().implement(async function* () {
  yield { product: 1 };
  yield checkpoint({ at: "now", sum: 1 });
});
// @expect has no output \\"state\\"
resumable().implement(async () => checkpoint({ at: "now", sum: 1 }));
// @expect has no output \\"state\\"
resumable().implementEach({}, () => checkpoint({ at: "now", sum: 1 }));
plain().implement(async function* ({ a }, task) {
  same<Equal<typeof task.state, unknown>>();
  for await (const value of a) {
    yield { b: value };
    yield checkpoint(value);
  }
  yield checkpoint();
});
