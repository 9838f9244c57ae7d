import { expect, test } from "vitest";
import { z } from "zod";
import { FlowResolutionError } from "../errors.ts";
import { Processor } from "../processor/processor.ts";
import { Flow } from "./flow.ts";
import { ResolvedFlow } from "./resolved-flow.ts";

const double = new Processor({ name: "double", inputs: { n: z.number() }, outputs: { m: z.number() } });
const sum = new Processor({ name: "sum", inputs: { m: z.number() }, outputs: { total: z.number() }, wait: true });
const flow = Flow.fromProcessors(double, sum);

test("resolving gives a new immutable value each time and changes nothing", () => {
  const [first, second] = [flow.resolve(), flow.resolve()];
  expect(first).not.toBe(second);
  expect(first.topology).toEqual(second.topology);
  expect(first).toBeInstanceOf(ResolvedFlow);
  expect(flow).not.toBeInstanceOf(ResolvedFlow);
  expect(Object.isFrozen(first)).toBe(true);
  expect(Object.isFrozen(first.plan[0])).toBe(true);
});

test("a resolved flow tells its plan, its processors, what it needs and what it gives", () => {
  const resolved = flow.resolve();
  expect(resolved.plan).toEqual([["double"], ["sum"]]);
  expect([...resolved.processors]).toEqual([
    ["double", double],
    ["sum", sum],
  ]);
  expect(resolved.floatingInputs).toEqual(["n"]);
  expect(resolved.outputs).toEqual(["total"]);
});

test("a flow keeps its own list of processors", () => {
  const list = [double];
  const own = Flow.fromProcessors(...list);
  list.pop();
  expect(own.resolve().plan).toEqual([["double"]]);
});

test("it draws itself in every format", async () => {
  const resolved = flow.resolve();
  for (const picture of [`${resolved}`, resolved.toMermaid(), resolved.toDot(), await resolved.toSvg()]) {
    for (const name of ["double", "sum", "total"]) expect(picture).toContain(name);
  }
});

test("JSON.stringify prints its plain-data form", () => {
  const resolved = flow.resolve();
  expect(JSON.parse(JSON.stringify({ resolved }))).toEqual({ resolved: JSON.parse(JSON.stringify(resolved.toJSON())) });
});

test("what cannot be resolved says why", () => {
  const processors = [double, sum, double];
  expect(() => Flow.fromProcessors(...processors).resolve()).toThrow(FlowResolutionError);
  expect(() => Flow.fromProcessors(...processors).resolve()).toThrow('Processor "double" is given twice');
});
