import { describe, expect, test } from "vitest";
import { folderOf } from "../../../test/support/folder.ts";
import { locateTranslated } from "./locate.ts";
import { readYaml } from "./read.ts";

const TEXT = `interpretations:
  - type: relationship
    node_key:
      id: !format
        fmt: "{a}"
        a: !jmespath x
  - type: switch
    cases:
      1: { type: source_node }
      "a b": [{ key: { "x.y": 5 } }]
  - sourceNode: { key: { id: 7 } }
`;

describe("a path into a translated declaration leads to its place in the file", () => {
  test.each<[path: string, line: number, column: number]>([
    ["", 1, 1],
    ["interpretations[0]", 2, 5],
    ["interpretations[0].nodeKey.id", 5, 9],
    ["interpretations[0].nodeKey.id.format.parts.a.path", 6, 22],
    ["interpretations[1].cases[1][0].nodeType", 9, 10],
    ['interpretations[1].cases["a b"][0].key["x.y"]', 10, 31],
    ["interpretations[2].key.id", 11, 30],
    ["interpretations[9].nodeKey", 2, 3],
  ])("%s", async (path, line, column) => {
    const folder = await folderOf({ "a.yaml": TEXT });
    const place = locateTranslated(await readYaml(`${folder}/a.yaml`, { version: "1.1" }), path);
    expect([place.line, place.column]).toEqual([line, column]);
  });
});

describe("YAML", () => {
  const read = async (text: string, version: "1.1" | "1.2" = "1.1") =>
    readYaml(`${await folderOf({ "a.yaml": text })}/a.yaml`, { version });

  test("1.1 and 1.2 differ as they do", async () => {
    const values = async (version: "1.1" | "1.2") => {
      const node = await read("[yes, 010, 1:30, 2.0, 9007199254740993, 2024-01-02, ~]", version);
      return node.kind === "list" ? node.items.map((item) => (item.kind === "scalar" ? item.value : item.kind)) : node.kind;
    };
    expect(await values("1.1")).toEqual([
      true,
      8,
      90,
      { float: 2 },
      9007199254740993n,
      { temporal: "date", text: "2024-01-02" },
      null,
    ]);
    expect(await values("1.2")).toEqual(["yes", 10, "1:30", { float: 2 }, 9007199254740993n, "2024-01-02", null]);
  });

  test("aliases that repeat themselves too often are refused", async () => {
    const bomb = [
      "a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
      ...[1, 2, 3, 4, 5, 6].map(
        (i) =>
          `a${i}: &a${i} [${Array(10)
            .fill(`*a${i - 1}`)
            .join(", ")}]`,
      ),
    ];
    await expect(read(bomb.join("\n"))).rejects.toThrow(/too large or too deep/);
    await expect(read("a: &a [*a]")).rejects.toThrow(/too large or too deep|no anchor/);
    await expect(read("[".repeat(300) + "]".repeat(300))).rejects.toThrow(/too large or too deep/);
  });
});
