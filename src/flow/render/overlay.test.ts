import { describe, expect, it } from "vitest";
import type { Progress, StreamProgress, Topology } from "../topology.ts";
import { toDot, toJson, toMermaid, toSvg, toText } from "./index.ts";
import { DARK, DARK_GROUND, LIGHT, LIGHT_GROUND } from "./palette.ts";
import { streamLines, taskText } from "./status.ts";

const relay: Topology = {
  processors: [
    { name: "read", inputs: ["lines"], outputs: ["record"], wait: false, partition: 0 },
    { name: "slow", inputs: ["record"], outputs: ["done"], wait: false, partition: 0 },
    { name: "count", inputs: ["record"], outputs: [], wait: true, partition: 1 },
  ],
  streams: [
    { name: "lines", consumers: ["read"] },
    { name: "record", producer: "read", consumers: ["slow", "count"] },
    { name: "done", producer: "slow", consumers: [] },
  ],
};

const stream = (more: Partial<StreamProgress>): StreamProgress => ({ state: "open", values: 0, bytes: 0, backlog: 0, ...more });

const progress: Progress = {
  state: "running",
  tasks: {
    read: { state: "running", attempt: 1 },
    slow: { state: "failed", attempt: 2 },
    count: { state: "waiting", attempt: 1 },
    stranger: { state: "running", attempt: 1 },
  },
  streams: {
    lines: stream({ state: "completed", values: 12_345 }),
    record: stream({ values: 1200, rate: 350.4, backlog: 40, waitsFor: "slow" }),
    done: stream({ state: "failed", values: 1 }),
  },
};

describe("status texts", () => {
  it("say what happened in words and numbers", () => {
    expect(taskText({ state: "running", attempt: 1 })).toBe("● running");
    expect(taskText({ state: "failed", attempt: 2 })).toBe("✗ failed · attempt 2");
    expect(streamLines(stream({ values: 1, rate: 0 }), 20)).toEqual(["1 value · 0/s"]);
    expect(streamLines(stream({ values: 1_234_567, rate: 0.25, backlog: 7, bound: 16, waitsFor: "a\nb" }), 20)).toEqual([
      "1.23M values · 0.25/s",
      "backlog 7",
      "bound grew to 16",
      "waits for a\\nb",
    ]);
    expect(streamLines(stream({ state: "completed", values: 31, rate: 5 }), 20)).toEqual(["✓ 31 values"]);
    expect(streamLines(stream({ state: "cancelled", values: 3 }), 20)).toEqual(["⊘ cancelled · 3 values"]);
    expect(streamLines(stream({ values: Number.NaN, rate: Number.POSITIVE_INFINITY }), 20)).toEqual(["? values · ?/s"]);
  });
});

describe("a run's progress laid over its flow", () => {
  it("is in the text, once per stream", () => {
    expect(toText(relay, progress)).toBe(`flow of 3 processors and 3 streams · run ● running

── partition 1 · starts at once ────────────────────────────────
                      ╭───────────────────────────╮
  ○ lines          ──▶│ read                      ├──▶ record ──▶ slow, count
    ✓ 12.3K values    │ ● running                 │    1.2K values · 350/s · backlog 40 · waits for slow
                      ╰───────────────────────────╯
                      ╭───────────────────────────╮
    record         ──▶│ slow                      ├──▶ done ◎
                      │ ✗ failed · attempt 2      │    ✗ failed · 1 value
                      ╰───────────────────────────╯

── partition 2 · starts when its inputs are complete ───────────
                      ╭───────────────────────────╮
                      │ count                     │
    record         ──▶│ waits for complete inputs │
                      │ ◌ waiting                 │
                      ╰───────────────────────────╯

○ floating input   ◎ output of the flow
`);
  });

  it("is in Mermaid, as text and as colour", () => {
    const mermaid = toMermaid(relay, progress).split("\n");
    expect(mermaid).toContain('  run{{"run ● running"}}:::running');
    expect(mermaid).toContain('    p1("slow<br/>✗ failed · attempt 2"):::failed');
    expect(mermaid).toContain('    p2("count<br/>waits for complete inputs<br/>◌ waiting"):::waiting');
    expect(mermaid).toContain('  p0 -->|"record<br/>1.2K values · 350#47;s<br/>backlog 40<br/>waits for slow"| p1');
    expect(mermaid).toContain('  p0 -->|"record"| p2');
    expect(mermaid).toContain('  o0(["done<br/>output<br/>✗ failed · 1 value"]):::failed');
    expect(mermaid).toContain("  linkStyle 1,2 stroke:#d97706,stroke-width:2px");
  });

  it("is in DOT, as text and as colour", () => {
    const dot = toDot(relay, progress).split("\n");
    expect(dot).toContain('  label="run ● running"; labelloc=t; labeljust=l;');
    expect(dot).toContain(
      '    p2 [label="count\\nwaits for complete inputs\\n◌ waiting", fillcolor="#f8fafc", color="#94a3b8", fontcolor="#475569", style="rounded,filled,dashed"];',
    );
    expect(dot).toContain(
      '  p0 -> p1 [label="record\\n1.2K values · 350/s\\nbacklog 40\\nwaits for slow", color="#d97706", penwidth=1.6];',
    );
  });

  it("is in JSON, exact", () => {
    const json = toJson(relay, progress);
    expect(json.run).toEqual({ state: "running" });
    expect(json.processors[1]?.task).toEqual({ state: "failed", attempt: 2 });
    expect(json.streams[1]?.progress).toEqual(progress.streams.record);
  });

  it("is in the SVG, as text and as colour", async () => {
    const svg = await toSvg(relay, progress);
    for (const text of ["run ● running", "✗ failed · attempt 2", "1.2K values · 350/s", "backlog 40", "waits for slow"]) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(svg).toContain('class="dg-plate-box dg-failed"');
    expect(svg).toContain('class="dg-plate-stream dg-throttled"');
    expect(svg).toContain('class="dg-arrow dg-throttled"');
  });

  it("shows no backlog once the run has ended: nobody works on it any more", () => {
    const record = stream({ state: "completed", values: 1200, backlog: 1200 });
    expect(toText(relay, { state: "running", tasks: {}, streams: { record } })).toContain("backlog 1.2K");
    expect(toText(relay, { state: "completed", tasks: {}, streams: { record } })).not.toContain("backlog");
  });

  it("leaves out what it does not know, whatever the names", () => {
    const odd: Topology = {
      processors: [{ name: "constructor", inputs: [], outputs: ["__proto__"], wait: false, partition: 0 }],
      streams: [{ name: "__proto__", producer: "constructor", consumers: [] }],
    };
    const json = toJson(odd, { state: "completed", tasks: {}, streams: {} });
    expect(json.processors[0]).not.toHaveProperty("task");
    expect(json.streams[0]).not.toHaveProperty("progress");
    expect(toText(odd, { state: "completed", tasks: {}, streams: {} })).toContain("├──▶ __proto__ ◎");
  });
});

describe("colours", () => {
  it("keep a contrast of 4.5:1 between every text and what it lies on", () => {
    const pairs = [...Object.values(LIGHT), ...Object.values(DARK)].map(({ text, fill }) => [text, fill] as const);
    for (const ground of [LIGHT_GROUND, DARK_GROUND]) pairs.push([ground.text, ground.paper], [ground.quiet, ground.group]);
    for (const [text, fill] of pairs) expect(contrast(text, fill), `${text} on ${fill}`).toBeGreaterThanOrEqual(4.5);
  });

  it("keep a contrast of 2.5:1 between every line and the paper", () => {
    for (const [paints, ground] of [[LIGHT, LIGHT_GROUND] as const, [DARK, DARK_GROUND] as const]) {
      for (const { line } of Object.values(paints)) expect(contrast(line, ground.paper), line).toBeGreaterThanOrEqual(2.5);
    }
  });
});

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
