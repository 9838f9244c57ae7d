import { describe, expect, it } from "vitest";
import type { Topology } from "../topology.ts";
import { diagram } from "./diagram.ts";
import { toDot, toJson, toMermaid, toSvg, toText } from "./index.ts";

/** One stream with two readers that meet again, behind them a processor that waits: all that a picture distinguishes. */
const diamond: Topology = {
  processors: [
    { name: "split", inputs: ["in"], outputs: ["x", "odd"], wait: false, partition: 0 },
    { name: "left", inputs: ["x"], outputs: ["l"], wait: false, partition: 0 },
    { name: "right", inputs: ["x"], outputs: ["r"], wait: false, partition: 0 },
    { name: "sum", inputs: ["l", "r"], outputs: ["total"], wait: true, partition: 1 },
  ],
  streams: [
    { name: "in", consumers: ["split"] },
    { name: "x", producer: "split", consumers: ["left", "right"] },
    { name: "odd", producer: "split", consumers: [] },
    { name: "l", producer: "left", consumers: ["sum"] },
    { name: "r", producer: "right", consumers: ["sum"] },
    { name: "total", producer: "sum", consumers: [] },
  ],
};

const foobar: Topology = {
  processors: [{ name: "foobar", inputs: ["foo"], outputs: ["bar"], wait: false, partition: 0 }],
  streams: [
    { name: "foo", consumers: ["foobar"] },
    { name: "bar", producer: "foobar", consumers: [] },
  ],
};

describe("diagram", () => {
  it("has an arrow per reader, ends for what crosses the flow's border, and groups", () => {
    const picture = diagram(diamond);
    expect(picture.arrows.map(({ name, from, to, first }) => [name, from, to, first])).toEqual([
      ["in", "i0", "p0", true],
      ["x", "p0", "p1", true],
      ["x", "p0", "p2", false],
      ["odd", "p0", "o0", true],
      ["l", "p1", "p3", true],
      ["r", "p2", "p3", true],
      ["total", "p3", "o1", true],
    ]);
    expect(picture.ends.map(({ id, kind, name }) => [id, kind, name])).toEqual([
      ["i0", "input", "in"],
      ["o0", "output", "odd"],
      ["o1", "output", "total"],
    ]);
    expect(picture.groups.map((group) => [group.label, group.boxes])).toEqual([
      ["partition 1 · starts at once", ["p0", "p1", "p2"]],
      ["partition 2 · starts when its inputs are complete", ["p3"]],
    ]);
  });

  it("has no group when there is one partition only", () => {
    expect(diagram(foobar).groups).toEqual([]);
  });

  it("refuses a stream whose processor does not exist", () => {
    const broken: Topology = { ...foobar, streams: [{ name: "bar", producer: "ghost", consumers: [] }] };
    expect(() => diagram(broken)).toThrow(/"bar" names processor "ghost"/);
  });
});

describe("toText", () => {
  it("draws a box per processor, its inputs left and its outputs with their readers right", () => {
    expect(toText(diamond)).toBe(`flow of 4 processors and 6 streams

── partition 1 · starts at once ────────────────────────────────
          ╭───────────────────────────╮
  ○ in ──▶│ split                     ├──▶ x ──▶ left, right
          │                           ├──▶ odd ◎
          ╰───────────────────────────╯
          ╭───────────────────────────╮
    x  ──▶│ left                      ├──▶ l ──▶ sum
          ╰───────────────────────────╯
          ╭───────────────────────────╮
    x  ──▶│ right                     ├──▶ r ──▶ sum
          ╰───────────────────────────╯

── partition 2 · starts when its inputs are complete ───────────
          ╭───────────────────────────╮
    l  ──▶│ sum                       ├──▶ total ◎
    r  ──▶│ waits for complete inputs │
          ╰───────────────────────────╯

○ floating input   ◎ output of the flow
`);
  });

  it("puts writers before their readers, whatever the order of declaration", () => {
    const turned: Topology = { ...diamond, processors: diamond.processors.map((p) => ({ ...p, partition: 0 })).reverse() };
    expect([...toText(turned).matchAll(/│ (\w+)/g)].map((match) => match[1])).toEqual(["split", "right", "left", "sum", "waits"]);
  });

  it("counts readers beyond the fourth", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const wide: Topology = {
      processors: [
        { name: "source", inputs: [], outputs: ["s"], wait: false, partition: 0 },
        ...names.map((name) => ({ name, inputs: ["s"], outputs: [], wait: false, partition: 0 })),
      ],
      streams: [{ name: "s", producer: "source", consumers: names }],
    };
    expect(toText(wide)).toContain("├──▶ s ──▶ a, b, c, d and 2 more\n");
    expect(toText(wide)).not.toContain("floating input");
  });
});

describe("toMermaid", () => {
  it("draws a flowchart", () => {
    expect(toMermaid(diamond)).toBe(`flowchart LR
  i0(["in<br/>input"]):::input
  subgraph g0["partition 1 · starts at once"]
    p0("split"):::plain
    p1("left"):::plain
    p2("right"):::plain
  end
  subgraph g1["partition 2 · starts when its inputs are complete"]
    p3("sum<br/>waits for complete inputs"):::plain
  end
  o0(["odd<br/>output"]):::output
  o1(["total<br/>output"]):::output
  i0 --> p0
  p0 -->|"x"| p1
  p0 -->|"x"| p2
  p0 --> o0
  p1 -->|"l"| p3
  p2 -->|"r"| p3
  p3 --> o1
  classDef input fill:#ecfeff,stroke:#0891b2,color:#164e63
  classDef output fill:#fdf4ff,stroke:#a855f7,color:#581c87
  classDef plain fill:#eef2ff,stroke:#6366f1,color:#1e1b4b
  style g0 fill:transparent,stroke:#94a3b8
  style g1 fill:transparent,stroke:#94a3b8
`);
  });
});

describe("toDot", () => {
  it("draws a digraph", () => {
    const dot = toDot(diamond).split("\n");
    expect(dot[0]).toBe("digraph flow {");
    expect(dot.slice(4, 10)).toEqual([
      "  subgraph cluster_g0 {",
      '    label="partition 1 · starts at once"; labeljust=l; style="rounded,filled"; color="#e2e8f0"; fillcolor="#f8fafc"; margin=14;',
      '    p0 [label="split", fillcolor="#eef2ff", color="#6366f1", fontcolor="#1e1b4b"];',
      '    p1 [label="left", fillcolor="#eef2ff", color="#6366f1", fontcolor="#1e1b4b"];',
      '    p2 [label="right", fillcolor="#eef2ff", color="#6366f1", fontcolor="#1e1b4b"];',
      "  }",
    ]);
    expect(dot.slice(-9)).toEqual([
      "  i0 -> p0;",
      '  p0 -> p1 [label="x"];',
      '  p0 -> p2 [label="x"];',
      "  p0 -> o0;",
      '  p1 -> p3 [label="l"];',
      '  p2 -> p3 [label="r"];',
      "  p3 -> o1;",
      "}",
      "",
    ]);
  });
});

describe("toJson", () => {
  it("is the flow, in lists", () => {
    expect(toJson(foobar)).toEqual({
      format: "datagraph.flow",
      version: 1,
      processors: [{ name: "foobar", inputs: ["foo"], outputs: ["bar"], wait: false, partition: 0 }],
      streams: [
        { name: "foo", producer: null, consumers: ["foobar"] },
        { name: "bar", producer: "foobar", consumers: [] },
      ],
      inputs: ["foo"],
      outputs: ["bar"],
      partitions: [["foobar"]],
    });
    expect(toJson(diamond).partitions).toEqual([["split", "left", "right"], ["sum"]]);
  });

  it("shares nothing with the topology", () => {
    expect(toJson(foobar).processors[0]?.inputs).not.toBe(foobar.processors[0]?.inputs);
  });
});

describe("toSvg", () => {
  it("draws every processor, end and stream once, and a line per reader", async () => {
    const svg = await toSvg(diamond);
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" class="datagraph" role="img" aria-label="Data flow of 4 processors"/,
    );
    const count = (pattern: RegExp) => [...svg.matchAll(pattern)].length;
    expect(count(/class="dg-plate-box /g)).toBe(4);
    expect(count(/class="dg-plate-end /g)).toBe(3);
    expect(count(/class="dg-plate-stream /g)).toBe(3);
    expect(count(/class="dg-head"/g)).toBe(7);
    expect(count(/class="dg-group"/g)).toBe(2);
    expect(svg).toContain(">waits for complete inputs</text>");
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it("draws a flow without a stream", async () => {
    const alone: Topology = { processors: [{ name: "alone", inputs: [], outputs: [], wait: false, partition: 0 }], streams: [] };
    expect(await toSvg(alone)).toContain(">alone</text>");
    expect(toText(alone)).toBe("flow of 1 processor and 0 streams\n\n      ╭───────╮\n      │ alone │\n      ╰───────╯\n");
  });
});

it("every format is the same each time", async () => {
  const all = async () => [
    toText(diamond),
    toMermaid(diamond),
    toDot(diamond),
    JSON.stringify(toJson(diamond)),
    await toSvg(diamond),
  ];
  expect(await all()).toEqual(await all());
});
