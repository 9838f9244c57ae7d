import { describe, expect, test } from "vitest";
import { knows, person, run } from "../../test/support/ingestions.ts";
import { parseJson } from "../json/parse.ts";
import { compare } from "./condition.ts";
import { InterpretationError } from "./errors.ts";
import { type Interpretation, type InterpreterDeclaration, switchOn } from "./interpretations/declaration.ts";
import { interpreter } from "./interpreter.ts";
import { cast, path, regex, value } from "./providers/provider.ts";

describe("a record that cannot be interpreted", () => {
  const cases: readonly [what: string, steps: readonly Interpretation[], record: object, declaration: string, problem: RegExp][] =
    [
      [
        "a map as a property",
        [person({ properties: { p: path("p") } })],
        { p: { a: 1 } },
        "interpretations[0].properties.p",
        /holds a scalar.*found a map/,
      ],
      [
        "a list with null",
        [person({ properties: { p: path("[p]") } })],
        { p: [1, null] },
        "interpretations[0].properties.p",
        /holds no null/,
      ],
      [
        "a list of mixed kinds",
        [person({ properties: { p: path("[p]") } })],
        { p: [1, "x"] },
        "interpretations[0].properties.p",
        /one kind, found integer and text/,
      ],
      [
        "a list of lists",
        [person({ properties: { p: path("[p]") } })],
        { p: [[1]] },
        "interpretations[0].properties.p",
        /found a list in it/,
      ],
      [
        "an empty name",
        [person({ properties: path("p") })],
        { p: { "": 1 } },
        "interpretations[0].properties",
        /name is not empty/,
      ],
      [
        "properties that are no map",
        [person({ properties: path("p") })],
        { p: "x" },
        "interpretations[0].properties",
        /expected a map.*found a text/,
      ],
      [
        "an integer of 65 bits",
        [person({ properties: { p: path("p") } })],
        { p: 2n ** 63n },
        "interpretations[0].properties.p",
        /64 bits/,
      ],
      [
        "an invalid date",
        [person({ properties: { p: path("p") } })],
        { p: new Date("x") },
        "interpretations[0].properties.p",
        /invalid/,
      ],
      ["NaN in a key", [person({ key: { id: cast("float", path("p")) } })], { p: "nan" }, "interpretations[0].key.id", /NaN/],
      ["an empty map as a key", [person({ key: path("p") })], { p: {} }, "interpretations[0].key", /at least one part/],
      [
        "a type that is null",
        [person({ nodeType: path("p") })],
        {},
        "interpretations[0].nodeType",
        /expected a type's name, found null/,
      ],
      [
        "a type that is empty",
        [person({ nodeType: path("p") })],
        { p: "" },
        "interpretations[0].nodeType",
        /found an empty text/,
      ],
      [
        "a type that is a number",
        [person(), knows({ relationshipType: path("p") })],
        { p: 1, friend: 2 },
        "interpretations[1].relationshipType",
        /found a number/,
      ],
      [
        "a relationship's null key",
        [person(), knows({ relationshipKey: { k: path("k") } })],
        { friend: 2 },
        "interpretations[1].relationshipKey",
        /found one as "k"/,
      ],
      [
        "unequal lengths",
        [person(), knows({ findMany: true, nodeKey: { a: path("as"), b: path("bs") } })],
        { as: [1, 2], bs: [1] },
        "interpretations[1].nodeKey",
        /found 2 of a, 1 of b/,
      ],
      [
        "a provider's problem",
        [person({ properties: { p: regex("a", path("p")) } })],
        { p: 1 },
        "interpretations[0].properties.p.regex",
        /expected a text/,
      ],
      [
        "a function's problem",
        [person({ properties: { p: path("length(p)") } })],
        {},
        "interpretations[0].properties.p.path",
        /length\(\)/,
      ],
      [
        "in a condition",
        [person({ condition: compare(path("length(p)"), "equals", 1) })],
        {},
        "interpretations[0].condition.left.path",
        /length\(\)/,
      ],
      [
        "in a case",
        [switchOn("x", { x: [person(), person({ nodeType: path("p") })] })],
        {},
        "interpretations[0].cases.x[1].nodeType",
        /type's name/,
      ],
    ];
  test.each(cases)("%s", (_, steps, record, declaration, problem) => {
    const failing = () => interpreter({ name: "people", interpretations: steps })({ id: 1, ...record });
    expect(failing).toThrow(InterpretationError);
    expect(failing).toThrow(expect.objectContaining({ code: "INTERPRETATION", declaration, place: "the record" }));
    expect(failing).toThrow(problem);
    expect(failing).toThrow(/^people: interpretations\[/);
  });

  test("a record that is too deep for the stack", () => {
    const deep = parseJson(`${"[".repeat(200_000)}${"]".repeat(200_000)}`);
    const interpret = interpreter({ interpretations: [person({ condition: compare(path("[deep]"), "equals", value([])) })] });
    expect(() => interpret({ id: 1, deep })).toThrow(InterpretationError);
    expect(() => interpret({ id: 1, deep })).toThrow(/too deep or too large \(in the record\)/);
    expect(interpret({ id: 1, deep: [] })).toHaveLength(1);
  });

  test("its place in the record is named", () => {
    const declaration: InterpreterDeclaration = {
      iterateOn: path("teams"),
      interpretations: [
        person(),
        knows({ iterateOn: path("friends"), nodeProperties: { p: path("p") }, nodeKey: { id: path("id") } }),
      ],
    };
    const record = { teams: [{ id: 1 }, { id: 2, friends: [{ id: 3 }, { id: 4, p: {} }] }] };
    expect(() => run(declaration, record)).toThrow("in interpretations[1].iterateOn value 2 of value 2 of iterateOn");
  });

  test("what it says holds none of its values", () => {
    const secret = "s3cret".repeat(10);
    for (const p of [{ [secret]: secret }, [secret, 1], [null, secret]]) {
      try {
        run([person({ properties: { p: path("[p]") } })], { id: 1, p });
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toContain(secret);
      }
    }
  });

  test("the next one is interpreted as if it had not been", () => {
    const interpret = interpreter({ interpretations: [person({ properties: { p: path("p") } })] });
    const before = interpret({ id: 1, p: 1 });
    expect(() => interpret({ id: 2, p: {} })).toThrow(InterpretationError);
    expect(interpret({ id: 1, p: 1 })).toEqual(before);
  });
});
