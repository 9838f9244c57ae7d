import { DeclarationError } from "datagraph";
import { describe, expect, test } from "vitest";
import { Declared } from "../declared.ts";
import { Problem } from "../errors.ts";
import { compileProvider } from "./compile.ts";
import { cast, type From, format, mapping, normalize, path, regex, split, value, variable } from "./provider.ts";

const document = {
  name: " Ann. ",
  team: { name: "X", id: 7, open: "{" },
  mail: "Ann@Example.ORG",
  tags: ["a", "b", null],
  matrix: [["a", "b"], ["c"]],
  csv: "a,b,,c",
  age: "42",
  whole: { float: 3 },
  empty: [],
  yes: true,
  text: "ß İ Σ ΟΔΟΣ",
};
const variables = new Map<string, unknown>([
  ["v", "set"],
  ["list", [1, 2]],
  ["code", "b"],
]);
const mappings = new Declared({ colours: { r: "red", b: "blue", n: null } }, "mappings");

function compiled(from: unknown) {
  const { one, many } = compileProvider(new Declared(from, "here"), { mappings });
  const context = { document, variables };
  return { one: () => one(context), many: () => many(context) };
}

const cases: readonly [what: string, from: From, one: unknown, many: readonly unknown[]][] = [
  ["a plain text is one value, not its letters", "abc", "abc", ["abc"]],
  ["a plain number", 3, 3, [3]],
  ["null", null, null, []],
  ["a float", { float: 1 }, { float: 1 }, [{ float: 1 }]],
  [
    "a date",
    { temporal: "date", text: "2024-01-02" },
    { temporal: "date", text: "2024-01-02" },
    [{ temporal: "date", text: "2024-01-02" }],
  ],
  ["a plain list is itself, and its elements", ["x", "y"], ["x", "y"], ["x", "y"]],
  ["a map, as a value", value({ a: 1 }), { a: 1 }, [{ a: 1 }]],
  ["a value that looks like a provider", value({ path: "a" }), { path: "a" }, [{ path: "a" }]],
  ["a path", path("team.name"), "X", ["X"]],
  ["a path to nothing", path("team.none.deeper"), null, []],
  ["a list found is many values", path("tags"), "a", ["a", "b", null]],
  ["an empty list has no first value", path("empty"), null, []],
  ["a list in a list is one value", path("[tags]"), ["a", "b", null], [["a", "b", null]]],
  ["false and 0 are values", path("`false`"), false, [false]],
  ["a variable", variable("v"), "set", ["set"]],
  ["a variable that holds a list", variable("list"), [1, 2], [1, 2]],
  ["a variable that nobody set", variable("none"), null, []],
  ["a regular expression anywhere in the text", regex("[a-z]+", path("mail")), "nn", ["nn"]],
  ["its group, by number", regex("@(\\w+)\\.(\\w+)", path("mail"), 2), "ORG", ["ORG"]],
  ["its group, by Python's names", regex("(?P<user>\\w+)@", path("mail"), "user"), "Ann", ["Ann"]],
  ["no match", regex("\\d", path("mail")), null, [null]],
  ["a group that took no part", regex("(z)?A", path("mail"), 1), null, [null]],
  ["an expression over nothing", regex("a", path("none")), null, []],
  ["an expression over many values keeps their places", regex("b", path("tags")), null, [null, "b", null]],
  ["the parts of a text", split(",", path("csv")), "a", ["a", "b", "", "c"]],
  ["the parts of many texts", split("b", path("tags")), "a", ["a", "", ""]],
  ["the parts of nothing", split(",", path("none")), null, []],
  ["a cast", cast("int", path("age")), 42, [42]],
  ["a cast of many", cast("str", path("[`1`, `true`, `null`]")), "1", ["1", "true", null]],
  ["a mapping", mapping({ X: "ex" }, path("team.name")), "ex", ["ex"]],
  ["a mapping without the key", mapping({ Y: 1 }, path("team.name")), null, [null]],
  ["a mapping knows no prototype", mapping({}, "constructor"), null, [null]],
  [
    "a mapping by value and type",
    mapping(
      new Map<unknown, string>([
        [7, "seven"],
        ["7", "text"],
      ]),
      path("team.id"),
    ),
    "seven",
    ["seven"],
  ],
  ["a mapping of the interpreter", mapping("colours", variable("code")), "blue", ["blue"]],
  ["a format", format("{team}-{id:03d}", { team: path("team.name"), id: path("team.id") }), "X-007", ["X-007"]],
  ["a format with a null part", format("{a}", { a: path("none") }), null, []],
  ["a format with a part it does not use, and null", format("x", { a: path("none") }), null, []],
  ["a format from the record", format(path("team.name"), {}), "X", ["X"]],
  ["a format that is null", format(path("none"), {}), null, []],
  [
    "a format writes as Python does",
    format("{yes} {whole} {id!s} {{}}", { yes: path("yes"), whole: path("whole"), id: 7 }),
    "True 3.0 7 {}",
    ["True 3.0 7 {}"],
  ],
  ["lower case", normalize("lowercase", path("mail")), "ann@example.org", ["ann@example.org"]],
  ["several, in their order", normalize(["trim", "removeTrailingDots"], path("name")), "Ann", ["Ann"]],
  ["in the other order", normalize(["removeTrailingDots", "trim"], path("name")), "Ann.", ["Ann."]],
  ["upper case in Unicode", normalize("uppercase", path("text")), "SS İ Σ ΟΔΟΣ", ["SS İ Σ ΟΔΟΣ"]],
  ["lower case with a final sigma", normalize("lowercase", "ΟΔΟΣ"), "οδος", ["οδος"]],
  ["no text, no change", normalize("lowercase", path("team.id")), 7, [7]],
  ["elements of a list in a list stay", normalize("uppercase", path("[matrix[0]]")), ["a", "b"], [["a", "b"]]],
  ["nested", cast("int", regex("\\d+", format("{a}!", { a: split(",", "12,3") }))), 12, [12]],
];

describe("providers", () => {
  test.each(cases)("%s", (_, from, one, many) => {
    expect(compiled(from).one()).toStrictEqual(one);
    expect(compiled(from).many()).toStrictEqual(many);
  });

  test("Unicode's white space is trimmed, as Python has it, and quickly", () => {
    const trim = (text: string) => compiled(normalize("trim", value(text))).one();
    expect(trim("\u00a0\u2003\u3000\u1680\t\n x\u0085\u001c\u2028")).toBe("x");
    expect(trim("\ufeffx\u200b")).toBe("\ufeffx\u200b");
    const blanks = `x${" ".repeat(300_000)}x`;
    expect(trim(blanks)).toBe(blanks);
  });
});

describe("casts", () => {
  const inf = Number.POSITIVE_INFINITY;
  const good: readonly [to: Parameters<typeof cast>[0], from: unknown, ours: unknown, python?: unknown][] = [
    ["int", " -7 ", -7],
    ["int", "1_000", 1000],
    ["int", "+4", 4],
    ["int", "9007199254740993", 9007199254740993n],
    ["int", -3.9, -3],
    ["int", { float: 3 }, 3],
    ["int", true, 1],
    ["int", 12n, 12n],
    ["float", "1.5", 1.5],
    ["float", "2", { float: 2 }],
    ["float", "1e3", { float: 1000 }],
    ["float", " .5 ", 0.5],
    ["float", "-Infinity", { float: -inf }],
    ["float", 3, { float: 3 }],
    ["float", 2n ** 60n, { float: 2 ** 60 }],
    ["float", false, { float: 0 }],
    ["decimal", "1.10", 1.1],
    ["str", 1, "1"],
    ["str", { float: 1 }, "1.0"],
    ["str", { float: 1e16 }, "1e+16"],
    ["str", 0.00001, "1e-05"],
    ["str", true, "true", "True"],
    ["str", null, null, "None"],
    ["str", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["bool", "false", false, true],
    ["bool", " Yes ", true],
    ["bool", "", false],
    ["bool", null, null, false],
    ["bool", 0, false],
    ["bool", { float: 0.5 }, true],
    ["bytes", "é", new Uint8Array([0xc3, 0xa9])],
    ["bytes", new Uint8Array([1]), new Uint8Array([1])],
    ["int", null, null],
  ];
  test.each(good)("%s of %s", (to, from, ours, python = ours) => {
    expect(compiled(cast(to, value(from))).one()).toStrictEqual(ours);
    expect(compiled(cast(to, value(from), { python: true })).one()).toStrictEqual(python);
  });

  test.each([
    ["int", "1.5"],
    ["int", "x"],
    ["int", "0x10"],
    ["int", "1__0"],
    ["int", { float: inf }],
    ["float", "1,5"],
    ["float", ""],
    ["bool", "maybe"],
    ["bytes", 5],
    ["int", value({})],
    ["str", value({ value: {} })],
  ] as const)("%s of %s is a problem of the record", (to, from) => {
    expect(() => compiled(cast(to, from as From)).one()).toThrow(Problem);
    expect(() => compiled(cast(to, from as From)).one()).toThrow(/can be cast to/);
  });
});

test.each<[string, From, RegExp]>([
  ["a regular expression over a number", regex("a", path("team.id")), /expected a text to search, found a number/],
  ["a split of a map", split(",", path("team")), /expected a text to split, found a map/],
  ["a function of the wrong type", path("length(team.id)"), /length\(\) expects a countable/],
  ["a format of a map", format("{a}", { a: path("team") }), /part "a" cannot be written/],
  ["a specification that does not fit", format("{a:d}", { a: path("mail") }), /part "a" cannot be written/],
  ["a format in the record that is none", format(path("team.open"), {}), /written twice/],
])("%s is a problem of the record", (_, from, message) => {
  expect(() => compiled(from).one()).toThrow(Problem);
  expect(() => compiled(from).one()).toThrow(message);
});

describe("what cannot work is refused with its place", () => {
  const bad: readonly [from: unknown, message: RegExp][] = [
    [undefined, /^here: expected a value or a provider, found nothing/],
    [{ pth: "a" }, /^here: expected a provider, a map with one of path, value, .*found a map/],
    [{ path: "a", value: 1 }, /^here: expected a provider/],
    [{ path: "a." }, /^here\.path: expected a JMESPath expression, found "a\."/],
    [{ path: 3 }, /^here\.path: expected a JMESPath expression, found a number/],
    [{ path: "toString(a)" }, /Unknown function/],
    [{ variable: "" }, /^here\.variable: expected the name of a variable, found an empty text/],
    [{ regex: { pattern: "(", data: "a" } }, /^here\.regex\.pattern: expected a regular expression/],
    [{ regex: { pattern: "a++", data: "a" } }, /possessive/],
    [{ regex: { pattern: "(?P<x>a)", data: "a", group: "y" } }, /^here\.regex\.group: .* found "y"/],
    [{ regex: { pattern: "a", data: "a", group: 1 } }, /^here\.regex\.group/],
    [{ regex: { pattern: "a", data: "a", grp: 1 } }, /^here\.regex: unknown key "grp"; known are: pattern, data, group/],
    [{ regex: { pattern: "a" } }, /^here\.regex\.data: expected a value or a provider, found nothing/],
    [{ split: { delimiter: "", data: "a" } }, /^here\.split\.delimiter: expected a text that is not empty/],
    [{ cast: { to: "integer", data: "a" } }, /^here\.cast\.to: expected one of int, float, decimal, str, bool, bytes/],
    [{ mapping: { name: "sizes", key: "a" } }, /^here\.mapping\.name: expected the name of a mapping \(colours\), found "sizes"/],
    [{ mapping: { key: "a" } }, /^here\.mapping\.name/],
    [{ format: { text: "{b}", parts: { a: 1 } } }, /^here\.format\.text: .*there is no part "b"; the parts are: a/],
    [{ format: { text: "{a", parts: { a: 1 } } }, /written twice/],
    [{ format: { text: "{a.b}", parts: { a: 1 } } }, /fields are named/],
    [{ format: { text: "{a!r}", parts: { a: 1 } } }, /no conversion but !s/],
    [{ format: { text: "{a:q}", parts: { a: 1 } } }, /no specification/],
    [{ normalize: { using: "lower", data: "a" } }, /^here\.normalize\.using: expected one of lowercase/],
    [{ normalize: { using: [], data: "a" } }, /^here\.normalize\.using/],
    [{ cast: { to: "int", data: { regex: { pattern: "[", data: "" } } } }, /^here\.cast\.data\.regex\.pattern/],
  ];
  test.each(bad)("%j", (from, message) => {
    expect(() => compiled(from)).toThrow(DeclarationError);
    expect(() => compiled(from)).toThrow(message);
  });
});
