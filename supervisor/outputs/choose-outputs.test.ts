import { Flow, Processor } from "datagraph";
import { expect, test } from "vitest";
import { chooseOutputs } from "./choose-outputs.ts";

const flow = Flow.fromProcessors(
  new Processor({ name: "p", outputs: ["inner", "x"] }),
  new Processor({ name: "q", inputs: ["inner"], outputs: ["y"] }),
).resolve();

test("all outputs of the flow unless some are named", () => {
  expect(chooseOutputs([], flow)).toEqual({ names: ["x", "y"], tagged: true, inner: false });
  expect(chooseOutputs(["y", "y"], flow)).toEqual({ names: ["y"], tagged: false, inner: false });
});

test("any stream can be named", () => {
  expect(chooseOutputs(["y", "inner"], flow)).toEqual({ names: ["y", "inner"], tagged: true, inner: true });
});

test("an unknown name is refused with those that are known", () => {
  expect(() => chooseOutputs(["z"], flow)).toThrow(
    'Unknown output: "z". This flow\'s outputs: "x", "y". Its other streams can be chosen too: "inner".',
  );
});
