/** Bad input gets a clear typed error: what was expected, what was found, what to do. */

import {
  DatagraphError,
  depends,
  Flow,
  Processor,
  type ResolvedFlow,
  Supervisor,
  type SupervisorOptions,
  stream,
} from "datagraph";
import { expect, test } from "vitest";
import { z } from "zod";
import { LeakWatch } from "./kit/leaks.ts";
import { within } from "./kit/testing.ts";
import { errorOf } from "./kit/values.ts";

type Loose = Record<string, unknown>;

function implemented(declaration: ConstructorParameters<typeof Processor>[0]): Processor {
  return new Processor(declaration).implement(async function* () {});
}

const plain = Flow.fromProcessors(implemented({ name: "p", inputs: ["in", "more"], outputs: ["out"] })).resolve();
const source = Flow.fromProcessors(implemented({ name: "p", outputs: ["out"] })).resolve();

async function start(
  flow: unknown,
  inputs?: unknown,
  options?: unknown,
  supervisorOptions: SupervisorOptions = {},
): Promise<void> {
  const supervisor = new Supervisor(supervisorOptions);
  try {
    // Untyped, as from a program in JavaScript.
    await supervisor.startFlow(flow as ResolvedFlow, inputs as Record<string, Iterable<unknown>>, options as Loose);
  } finally {
    await supervisor.close();
  }
}

const good = { in: [1], more: [2] };

interface Case {
  readonly what: string;
  readonly does: () => unknown;
  readonly code: string;
  /** All of these are said. */
  readonly says: readonly (string | RegExp)[];
}

const cases: readonly Case[] = [
  {
    what: "a flow that is not resolved",
    does: () => start(Flow.fromProcessors(implemented({ name: "p", outputs: ["out"] }))),
    code: "DECLARATION",
    says: ["resolved flow", ".resolve()"],
  },
  { what: "something that is no flow", does: () => start({}), code: "DECLARATION", says: ["resolved flow"] },
  { what: "no flow", does: () => start(undefined), code: "DECLARATION", says: ["resolved flow"] },
  {
    what: "an empty flow",
    does: () => (Flow.fromProcessors as (...p: never[]) => Flow)().resolve(),
    code: "FLOW_RESOLUTION",
    says: ["cannot be resolved"],
  },
  {
    what: "two producers of one stream",
    does: () =>
      Flow.fromProcessors(implemented({ name: "a", outputs: ["s"] }), implemented({ name: "b", outputs: ["s"] })).resolve(),
    code: "FLOW_RESOLUTION",
    says: ['"s"', '"a"', '"b"'],
  },
  {
    what: "two processors of one name",
    does: () =>
      Flow.fromProcessors(implemented({ name: "a", outputs: ["s"] }), implemented({ name: "a", outputs: ["t"] })).resolve(),
    code: "FLOW_RESOLUTION",
    says: ['"a"'],
  },
  {
    what: "a cycle",
    does: () =>
      Flow.fromProcessors(
        implemented({ name: "a", inputs: ["t"], outputs: ["s"] }),
        implemented({ name: "b", inputs: ["s"], outputs: ["t"] }),
      ).resolve(),
    code: "FLOW_RESOLUTION",
    says: ["cycle", "a → b → a", '"s"', '"t"'],
  },
  {
    what: "missing inputs",
    does: () => start(plain, { in: [1] }),
    code: "FLOW_INPUT",
    says: ['No values were supplied for "more"', 'floating inputs are: "in", "more"'],
  },
  { what: "no inputs at all", does: () => start(plain), code: "FLOW_INPUT", says: ['"in", "more"'] },
  { what: "inputs that are null", does: () => start(plain, null), code: "FLOW_INPUT", says: ["null"] },
  {
    what: "unknown inputs",
    does: () => start(plain, { ...good, wrong: [] }),
    code: "FLOW_INPUT",
    says: ['"wrong"', 'floating inputs are: "in", "more"'],
  },
  {
    what: "inputs for a flow without any",
    does: () => start(source, { wrong: [] }),
    code: "FLOW_INPUT",
    says: ['"wrong"', "no floating inputs"],
  },
  {
    what: "a single value as an input",
    does: () => start(plain, { ...good, in: 5 }),
    code: "FLOW_INPUT",
    says: ['"in"', "iterable", "found a number", "[value]"],
  },
  {
    what: "text as an input",
    does: () => start(plain, { ...good, in: "abc" }),
    code: "FLOW_INPUT",
    says: ['"in"', "found a string", "[value]"],
  },
  {
    what: "an input that is null",
    does: () => start(plain, { ...good, in: null }),
    code: "FLOW_INPUT",
    says: ['"in"', "found null"],
  },
  {
    what: "an input without a prototype",
    does: () => start(plain, { ...good, in: Object.create(null) }),
    code: "FLOW_INPUT",
    says: ['"in"'],
  },
  {
    what: "a processor without an implementation",
    does: () => start(Flow.fromProcessors(new Processor({ name: "far away", outputs: ["s"] })).resolve()),
    code: "NOT_IMPLEMENTED_HERE",
    says: ['"far away"', "implement(", "workers"],
  },
  { what: "an empty run id", does: () => start(plain, good, { id: " " }), code: "DECLARATION", says: ["id", "' '"] },
  { what: "a run id that is no text", does: () => start(plain, good, { id: 5 }), code: "DECLARATION", says: ["id", "5"] },
  {
    what: "a run id that is too long",
    does: () => start(plain, good, { id: "x".repeat(201) }),
    code: "DECLARATION",
    says: ["200"],
  },
  {
    what: "options for an unknown stream",
    does: () => start(plain, good, { streams: { wrong: {} } }),
    code: "DECLARATION",
    says: ["wrong", "in, more, out"],
  },
  {
    what: "a high-water mark of 0",
    does: () => start(plain, good, { streams: { in: { highWater: { values: 0 } } } }),
    code: "DECLARATION",
    says: ['"in"', "highWater.values", "found 0"],
  },
  {
    what: "a high-water mark that is no number",
    does: () => start(plain, good, { defaults: { highWater: { bytes: "many" } } }),
    code: "DECLARATION",
    says: ["highWater.bytes", "many"],
  },
  {
    what: "a wrong retain",
    does: () => start(plain, good, { defaults: { retain: "some" } }),
    code: "DECLARATION",
    says: ["retain", "unread", "all", "some"],
  },
  {
    what: "a wrong onError",
    does: () => start(plain, good, { onError: "ignore" }),
    code: "DECLARATION",
    says: ["onError", "cancel", "continue", "ignore"],
  },
  {
    what: "a wrong outputs",
    does: () => start(plain, good, { outputs: "none" }),
    code: "DECLARATION",
    says: ["outputs", "all", "none"],
  },
  {
    what: "a wrong keepMs",
    does: () => start(plain, good, { keepMs: Number.NaN }),
    code: "DECLARATION",
    says: ["keepMs", "NaN"],
  },
  {
    what: "both a store and a Redis",
    does: () => new Supervisor({ store: {} as never, redis: "redis://x" }),
    code: "DECLARATION",
    says: ["store", "redis", "not both"],
  },
  {
    what: "a second implementation",
    does: () => implemented({ name: "p", outputs: ["s"] }).implement(async function* () {}),
    code: "DECLARATION",
    says: ['"p"', "implemented already"],
  },
  {
    what: "implementEach without an input",
    does: () => new Processor({ name: "p", outputs: ["s"] }).implementEach({} as never, (() => undefined) as never),
    code: "DECLARATION",
    says: ['"p"', "no input"],
  },
  {
    what: "implementEach that must choose",
    does: () => new Processor({ name: "p", inputs: ["a", "b"] }).implementEach({} as never, (() => undefined) as never),
    code: "DECLARATION",
    says: ["a, b", "input"],
  },
  {
    what: "implementEach of an unknown input",
    does: () => new Processor({ name: "p", inputs: ["a"] }).implementEach({ input: "c" as "a" }, () => undefined),
    code: "DECLARATION",
    says: ['"c"', "inputs are: a"],
  },
  {
    what: "a concurrency of 0",
    does: () => new Processor({ name: "p", inputs: ["a"] }).implementEach({ concurrency: 0 }, () => undefined),
    code: "DECLARATION",
    says: ["concurrency", "found 0"],
  },
  {
    what: "a batch size of 1.5",
    does: () => new Processor({ name: "p", inputs: ["a"] }).implementBatch({ maxSize: 1.5 }, () => undefined),
    code: "DECLARATION",
    says: ["maxSize", "found 1.5"],
  },
  {
    what: "a negative waiting time",
    does: () => new Processor({ name: "p", inputs: ["a"] }).implementBatch({ maxWaitMs: -1 }, () => undefined),
    code: "DECLARATION",
    says: ["maxWaitMs", "found -1"],
  },
  {
    what: "a dependency named as an input",
    does: () =>
      new Processor({ name: "p", inputs: { a: stream<number>() } }).implement({ a: depends(() => 1) }, async function* () {}),
    code: "DECLARATION",
    says: ['"a"', "name of an input"],
  },
];

for (const { what, does, code, says } of cases) {
  test(`${what}: ${code}`, async () => {
    const leaks = new LeakWatch();
    const error = await within(errorOf((async () => does())()), "the error", { deadlineMs: 2_000 });
    expect(error).toBeInstanceOf(DatagraphError);
    expect((error as DatagraphError).code).toBe(code);
    for (const part of says) expect((error as Error).message).toMatch(part);
    await leaks.end();
  });
}

test("a schema that checks asynchronously is refused where its stream is written", async () => {
  const slow = new Processor({ name: "slow", outputs: { n: z.number().refine(async () => true) } });
  slow.implement(async () => ({ n: 1 }));
  await using supervisor = new Supervisor();
  const run = await supervisor.startFlow(Flow.fromProcessors(slow).resolve());
  expect(await errorOf(run.done)).toMatchObject({
    failure: { code: "DECLARATION", message: expect.stringMatching(/"n".*asynchronously/) },
  });
});

test("values that an IO's methods cannot take", async () => {
  const read = new Processor({ name: "read", inputs: { n: stream<number>() }, outputs: { m: stream<string>() } });
  read.implement(async function* ({ n }) {
    for (const bad of [-1, 1.5, Number.NaN]) {
      for (const does of [() => n.stream({ from: bad }), () => n.batches({ maxSize: bad })]) {
        try {
          does();
        } catch (error) {
          yield { m: (error as Error).message };
        }
      }
    }
  });
  await using supervisor = new Supervisor();
  const run = await supervisor.startFlow(Flow.fromProcessors(read).resolve(), { n: [1] });
  const messages = await run.outputs.m.toArray();
  expect(messages).toHaveLength(6);
  for (const message of messages) expect(message).toMatch(/takes a whole number from [01], found (-1|1\.5|NaN)/);
});
