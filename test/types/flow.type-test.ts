import { type AnyProcessor, Flow, type FlowShape, type IO, Processor, type ResolvedFlow, stream, Supervisor } from "datagraph";
import { z } from "zod";
import { type Equal, same } from "./equal.ts";

type ShapeOf<F> = F extends Flow<infer S> ? S : never;

const length = new Processor({ name: "length", inputs: { text: z.string() }, outputs: { count: z.number() } });
const format = new Processor({
  name: "format",
  inputs: { count: z.number(), width: stream<1 | 2 | "auto">() },
  outputs: { line: z.string().transform((line) => [line]), log: z.string() },
});
const pad = new Processor({ name: "pad", inputs: { width: z.number(), line: z.array(z.string()) } });
const named = new Processor({ name: "named", inputs: ["log"], outputs: ["anything"] });
const checked = new Processor({ name: "checked", inputs: { anything: z.object({ id: z.number() }) } });
const shout = new Processor({ name: "shout", inputs: { count: z.string() }, outputs: { loud: z.string() } });
const count = new Processor({ name: "count", outputs: { count: z.number() } });

// The shape follows from the processors.
const two = Flow.fromProcessors(length, format);
same<Equal<ShapeOf<typeof two>["inputs"], { readonly text: string; readonly width: 1 | 2 | "auto" }>>();
same<Equal<ShapeOf<typeof two>["outputs"], { readonly line: string[]; readonly log: string }>>();
same<
  Equal<
    ShapeOf<typeof two>["streams"],
    { readonly text: string; readonly width: 1 | 2 | "auto"; readonly count: number; readonly line: string[]; readonly log: string }
  >
>();

// Several consumers of a floating input must all be able to read it; plain names go with everything.
const five = Flow.fromProcessors(checked, pad, named, format, length).resolve();
type Five = typeof five extends ResolvedFlow<infer S> ? S : never;
same<Equal<Five["inputs"], { readonly width: 1 | 2; readonly text: string }>>();
same<Equal<keyof Five["outputs"], never>>();
same<Equal<Five["streams"]["anything"], unknown>>();

// What a schema accepts is what the caller supplies; what it makes is what is read.
const coerce = new Processor({ name: "coerce", inputs: { raw: z.coerce.date() }, outputs: { day: z.coerce.number() } });
const coerced = Flow.fromProcessors(coerce);
same<Equal<ShapeOf<typeof coerced>["inputs"], { readonly raw: unknown }>>();
same<Equal<ShapeOf<typeof coerced>["outputs"], { readonly day: number }>>();

// Processors that disagree.
// @expect TS2741: .* required in type 'TypeProblem<"Stream \\"count\\": processor \\"shout\\" cannot read what processor \\"length\\" writes", { written: number; expected: string; }>'
Flow.fromProcessors(length, shout);
// @expect Stream \\"count\\": processor \\"shout\\" cannot read what processor \\"length\\" writes
Flow.fromProcessors(shout, length);
// @expect Stream \\"count\\": processors \\"length\\" and \\"count\\" both write it
Flow.fromProcessors(length, format, count);
// @expect TS2554: Expected 1 arguments
Flow.fromProcessors();

// Lists whose members the compiler does not know may have any streams.
const list: AnyProcessor[] = [length, shout];
const dynamic = Flow.fromProcessors(...list);
same<Equal<ShapeOf<typeof dynamic>, FlowShape>>();
const someNames: string[] = ["x"];
const partly = Flow.fromProcessors(length, new Processor({ name: "some", inputs: someNames }));
same<Equal<ShapeOf<typeof partly>, FlowShape>>();
const erased: Processor = new Processor({ name: "erased", inputs: someNames });
const erasing = Flow.fromProcessors(length, erased);
same<Equal<ShapeOf<typeof erasing>, FlowShape>>();
const general: ResolvedFlow = five;

// Starting a flow takes exactly its floating inputs.
const supervisor = new Supervisor();
const flow = two.resolve();
const run = await supervisor.startFlow(flow, { text: ["a"], width: new Set([1, "auto"] as const) });
same<Equal<typeof run.outputs.line, IO<string[], "line">>>();
same<Equal<keyof typeof run.outputs, "line" | "log">>();
for await (const lines of run.outputs.line) same<Equal<typeof lines, string[]>>();
await supervisor.startFlow(flow, {
  text: (async function* () {
    yield "a";
  })(),
  width: new ReadableStream<1 | 2>(),
});
const observed = await supervisor.startFlow(flow, { text: [], width: [] }, { outputs: "all" });
same<Equal<typeof observed.outputs.count, IO<number, "count">>>();
same<Equal<typeof observed.outputs.text, IO<string, "text">>>();

// @expect TS2741: Property 'width' is missing
supervisor.startFlow(flow, { text: ["a"] });
// @expect TS2554: Expected 2-3 arguments
supervisor.startFlow(flow);
// @expect TS2353: .*'extra' does not exist
supervisor.startFlow(flow, { text: ["a"], width: [1], extra: [1] });
// @expect TS2322: Type 'number\[\]' is not assignable to type 'FlowInput<"text", string>'
supervisor.startFlow(flow, { text: [1], width: [1] });
// @expect TS2322: Type 'number' is not assignable to type 'FlowInput<"text", string>'
supervisor.startFlow(flow, { text: 5, width: [1] });
// @expect 'FlowInput<"width", "auto" \| 1 \| 2>'
supervisor.startFlow(flow, { text: ["a"], width: [3] });
// @expect Property 'count' does not exist on type 'OutputsOf<
run.outputs.count;
// @expect Property 'nope' does not exist on type 'AllStreamsOf<
observed.outputs.nope;
// @expect is missing the following properties from type 'ResolvedFlow
supervisor.startFlow(two, { text: ["a"], width: [1] });

// Without floating inputs both arguments may be left out.
const source = Flow.fromProcessors(count).resolve();
await supervisor.startFlow(source);
await supervisor.startFlow(source, {});
const all = await supervisor.startFlow(source, {}, { outputs: "all" });
same<Equal<typeof all.outputs.count, IO<number, "count">>>();
// @expect 'TypeProblem<"This flow has no floating inputs"
supervisor.startFlow(source, { text: ["a"] });

// Where streams are not known, names are checked when the flow starts.
const any = await supervisor.startFlow(dynamic.resolve(), { whatever: [1] });
same<Equal<(typeof any.outputs)[string], IO<unknown, string>>>();
