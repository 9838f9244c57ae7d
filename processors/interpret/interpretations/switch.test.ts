import { describe, expect, test } from "vitest";
import { one, person, run, shortAll } from "../../../test/support/ingestions.ts";
import { path } from "../providers/provider.ts";
import { type Interpretation, properties, switchOn } from "./declaration.ts";

describe("switch", () => {
  const only = (type: string) => person({ nodeType: type });
  const branches = new Map<string | number | boolean | null, Interpretation | Interpretation[]>([
    ["1", only("Text")],
    [1, only("Number")],
    [true, only("True")],
    [null, only("Null")],
    ["two", [only("Two"), properties({ p: path("kind") })]],
  ]);
  test.each<[kind: unknown, result: string]>([
    ["1", "Text{id:7}"],
    [1, "Number{id:7}"],
    [{ float: 1 }, "Number{id:7}"],
    [true, "True{id:7}"],
    [null, "Null{id:7}"],
    ["two", 'Two{id:7}{p:"two"}'],
    ["other", "Default{id:7}"],
    [2, "Default{id:7}"],
    [false, "Default{id:7}"],
  ])("%j", (kind, result) => {
    const steps = [switchOn(path("kind"), branches, { default: only("Default") })];
    expect(shortAll(one(steps, { id: 7, kind }))).toEqual([result]);
  });

  test("cases by text, normalized", () => {
    const steps = [switchOn(path("kind"), { person: person() }, { normalization: ["lowercase", "trim"] })];
    expect(shortAll(one(steps, { id: 1, kind: " Person " }))).toEqual(["Person{id:1}"]);
  });

  test("no case is an error of the record, or nothing", () => {
    const steps = (failOnUnhandled?: boolean) => [
      switchOn(path("kind"), { a: person() }, failOnUnhandled === undefined ? {} : { failOnUnhandled }),
    ];
    expect(() => run(steps(), { id: 1, kind: "constructor" })).toThrow(
      'interpreter: interpretations[0]: there is no case for the value of switchOn, "constructor", and no default (in the record).',
    );
    expect(run(steps(false), { id: 1, kind: "b" })).toEqual([]);
  });
});
