import { expect, test } from "vitest";
import { DeclarationError } from "../errors.ts";
import { Processor } from "./processor.ts";
import { stream } from "./schema.ts";

const numbers = { n: stream<number>() };
const make = () => new Processor({ name: "made", inputs: numbers, outputs: { m: stream<number>() } });
const moduleOf = ({ implementation }: ReturnType<typeof make>) =>
  implementation && implementation.kind !== "stream" ? implementation.isolate : undefined;

test("an isolated handler is found in the module that implements it, or in the one that is named", () => {
  const handler = (n: number) => ({ m: n });
  const here = { module: import.meta.url, transfer: false };
  expect(moduleOf(make().implementEach({ isolate: true }, handler))).toEqual(here);
  expect(moduleOf(make().implementBatch({ isolate: true }, ([n = 0]) => ({ m: n })))).toEqual(here);
  expect(moduleOf(make().implementEach({ isolate: new URL("file:///a.ts") }, handler))?.module).toBe("file:///a.ts");
  const transfer = make().implementEach({ isolate: { module: "file:///b.js", transfer: true } }, handler);
  expect(moduleOf(transfer)).toEqual({ module: "file:///b.js", transfer: true });
  expect(moduleOf(make().implementEach({ isolate: false }, handler))).toBeUndefined();
});

test("what cannot be isolated is refused where it is implemented", () => {
  expect(() => make().implementEach({ isolate: "./relative.js" }, () => undefined)).toThrow(
    /URL of a module.*"\.\/relative\.js"/,
  );
  const two = new Processor({ name: "two", inputs: { ...numbers, more: stream<number>() } });
  expect(() => two.implementEach({ input: "n", isolate: true }, () => undefined)).toThrow(DeclarationError);
});
