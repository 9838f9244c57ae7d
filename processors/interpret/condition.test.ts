import { describe, expect, test } from "vitest";
import { knows, one, person, run, shortAll } from "../../test/support/ingestions.ts";
import { and, type Condition, compare, not, or } from "./condition.ts";
import { properties, switchOn, variables } from "./interpretations/declaration.ts";
import { path, value, variable } from "./providers/provider.ts";

describe("conditions", () => {
  const record = { id: 1, n: 5, f: { float: 5 }, t: "abc", list: ["x", "y"], none: null, day: new Date(0) };
  const at = (name: string) => path(name);
  test.each<[Condition, boolean]>([
    [compare(at("n"), "equals", 5), true],
    [compare(at("n"), "equals", at("f")), true],
    [compare(at("n"), "equals", "5"), false],
    [compare(1, "equals", true), false],
    [compare(at("none"), "equals", null), true],
    [compare(at("[list]"), "equals", value(["x", "y"])), true],
    [compare(at("n"), "greater_than", 4.5), true],
    [compare(at("n"), "greater_than", 5), false],
    [compare(at("f"), "less_than", 2n ** 60n), true],
    [compare(at("t"), "less_than", "abd"), true],
    [compare(at("t"), "less_than", 3), false],
    [compare(at("none"), "less_than", 3), false],
    [compare(at("none"), "greater_than", 3), false],
    [compare(at("day"), "less_than", new Date(1)), true],
    [compare(at("t"), "contains", "bc"), true],
    [compare(at("list"), "contains", "y"), true],
    [compare(at("[list]"), "contains", "y"), true],
    [compare(at("list"), "contains", "z"), false],
    [compare(at("none"), "contains", "z"), false],
    [and(compare(1, "equals", 1), compare(1, "equals", 2)), false],
    [and(), true],
    [or(compare(1, "equals", 1), compare(1, "equals", 2)), true],
    [or(), false],
    [not(compare(1, "equals", 1)), false],
    [{ type: "true" }, true],
  ])("%#", (condition, holds) => {
    expect(run([person({ condition })], record)).toHaveLength(holds ? 1 : 0);
    expect(run([person({ condition: not(condition) })], record)).toHaveLength(holds ? 0 : 1);
  });

  test("any interpretation may have one", () => {
    const condition = compare(path("n"), "equals", 6);
    const steps = [
      person(),
      knows({ condition, nodeKey: { id: 2 } }),
      properties({ p: 1 }, { condition }),
      variables({ v: 1 }, { condition }),
      switchOn("x", {}, { condition }),
      properties({ v: variable("v") }),
    ];
    expect(shortAll(one(steps, record))).toEqual(["Person{id:1}{v:null}"]);
  });
});
