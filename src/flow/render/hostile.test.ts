import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { describe, expect, it } from "vitest";
import { fc } from "../../../test/support/random.ts";
import type { Progress, Topology } from "../topology.ts";
import { toDot, toJson, toMermaid, toSvg, toText } from "./index.ts";
import { label } from "./label.ts";

const NAMES = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "a\"b#quot;&quot;&#34;&amp;'",
  '%%{init: {"securityLevel":"loose"}}%%',
  "%% comment",
  "line one\nclick p0 call alert()\r\nend",
  '"]\n  p0 --> p1["',
  "x -->|y| z; ::: {}()[]",
  "`**bold** <b>`",
  "\\",
  'ends with \\"',
  "\\N \\G \\n \\l",
  '"; URL="javascript:alert(1)',
  "]]>",
  "<!-- -->",
  "\u001b]0;title\u0007\u001b[2J",
  "\u202eright to left\u2028",
  "\u0000\ufffe\ud800",
  "🚀 👩‍👩‍👧 漢字 العربية हिन्दी",
  "end",
  "subgraph",
  "__proto__",
  "constructor",
  " ",
  "x".repeat(10_240),
  "漢".repeat(10_240),
  `a${"\u0301".repeat(10_240)}`,
];

/** Every name as a processor, as a floating input, as an inner stream, as an output and as who is waited for. */
function flowOf(names: readonly string[]): { topology: Topology; progress: Progress } {
  const unique = [...new Set(names)];
  const sink = `sink of ${unique.join("")}`;
  const processors = unique.map((name) => ({
    name,
    inputs: [`i${name}`],
    outputs: [name, `o${name}`],
    wait: false,
    partition: 0,
  }));
  const progress = { state: "open", values: 1, bytes: 1, backlog: 1, rate: 1 } as const;
  return {
    topology: {
      processors: [...processors, { name: sink, inputs: unique, outputs: [], wait: true, partition: 1 }],
      streams: unique.flatMap((name) => [
        { name: `i${name}`, consumers: [name] },
        { name, producer: name, consumers: [sink] },
        { name: `o${name}`, producer: name, consumers: [] },
      ]),
    },
    progress: {
      state: "running",
      tasks: Object.fromEntries(unique.map((name) => [name, { state: "running", attempt: 1 }] as const)),
      streams: Object.fromEntries(unique.map((name) => [name, { ...progress, waitsFor: name }] as const)),
    },
  };
}

/** Names built of what means something to one of the formats. */
const piece = fc.constantFrom(
  ..."\"\\#;&<>%`\n\r|[](){}-=:'",
  "-->",
  "end",
  "&lt;",
  "#34;",
  "\\n",
  "]]>",
  "é",
  "🚀",
  "\u0000",
  "\ud800",
);
const anyName = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const anyFlow = fc.uniqueArray(anyName, { minLength: 1, maxLength: 4 }).map(flowOf);

const { topology, progress } = flowOf(NAMES);

describe("names of any text", () => {
  it("stay whole and exact in JSON", () => {
    const json: unknown = JSON.parse(JSON.stringify(toJson(topology)));
    expect(json).toMatchObject({ processors: topology.processors.map(({ name }) => ({ name })) });
  });

  it("stay within their line in text, without control characters", () => {
    const check = (text: string) => {
      expect(text).not.toMatch(/[\p{Cs}\p{Zl}\p{Zp}\u202e]|(?!\n)\p{Cc}/u);
      for (const line of text.split("\n")) expect(line).toMatch(/^$|^(flow of|── partition|○ floating) ?|[╮╯│├]/);
    };
    check(toText(topology, progress));
    fc.assert(fc.property(anyFlow, (flow) => check(toText(flow.topology, flow.progress))));
  });

  it("stay within their quotes in Mermaid", () => {
    const statement =
      /^(flowchart LR| {2}end| {2}run\{\{"[^"]*"\}\}:::\w+| +[ipo]\d+\(\[?"[^"]*"\]?\):::\w+| {2}subgraph g\d\["[^"]*"\]| {2}[ip]\d+ -->(\|"[^"]*"\|)? [po]\d+| {2}(classDef|style|linkStyle) [\w,:# -]+|)$/;
    const check = (mermaid: string) => {
      for (const line of mermaid.split("\n")) {
        expect(line).toMatch(statement);
        // Nothing in a label may mean anything: no HTML but our line breaks, no comment, entity of its own or Markdown.
        for (const [quoted] of line.matchAll(/"[^"]*"/g))
          expect(quoted.replaceAll("<br/>", " ").replace(/#\d+;/g, "?")).not.toMatch(/[<>#&%;`*_|[\]{}()\\]|--/);
      }
    };
    check(toMermaid(topology, progress));
    fc.assert(fc.property(anyFlow, (flow) => check(toMermaid(flow.topology, flow.progress))));
  });

  it("are shown by Graphviz from DOT as they are", async () => {
    const graphviz = await Graphviz.load();
    const check = (flow: ReturnType<typeof flowOf>) => {
      const svg = graphviz.layout(toDot(flow.topology, flow.progress), "svg", "dot");
      expect(svg).not.toMatch(/<script|<a |<image|javascript:[^<]*"/);
      const shown = textsOf(svg);
      for (const { name } of flow.topology.processors) expect(shown).toContain(label(name, 40).replaceAll(/\s/g, " "));
    };
    check({ topology, progress });
    fc.assert(
      fc.property(anyFlow, (flow) => check(flow)),
      { numRuns: 50 },
    );
  });

  it("are plain text in the SVG, and nothing in it is active", async () => {
    const check = async (flow: ReturnType<typeof flowOf>) => {
      const svg = await toSvg(flow.topology, flow.progress);
      expect(new Set([...svg.matchAll(/<(\/?[^\s/>]+)/g)].map((match) => match[1]?.replace("/", "")))).toEqual(
        new Set(["svg", "style", "rect", "text", "g", "title", "path"]),
      );
      expect(svg.replace(/>[^<]*</g, "><")).not.toMatch(/\son\w+=|href|url\(|javascript/);
      const shown = textsOf(svg);
      for (const { name } of flow.topology.processors) expect(shown).toContain(label(name, 30));
    };
    await check({ topology, progress });
    await fc.assert(fc.asyncProperty(anyFlow, check), { numRuns: 50 });
  });

  it("cannot make a picture much larger", async () => {
    const long = flowOf(["x".repeat(1_000_000)]);
    expect((await toSvg(long.topology, long.progress)).length).toBeLessThan(20_000);
    expect(toDot(long.topology, long.progress).length).toBeLessThan(5_000);
    expect(toMermaid(long.topology, long.progress).length).toBeLessThan(5_000);
    expect(toText(long.topology, long.progress).length).toBeLessThan(5_000);
  });
});

/** The contents of an SVG's text elements, unescaped. */
function textsOf(svg: string): string[] {
  const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  const decode = (_: string, decimal: string | undefined, hex: string | undefined, name: string | undefined) =>
    named[name ?? ""] ?? String.fromCodePoint(decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal));
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map((match) =>
    (match[1] ?? "").replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, decode).replaceAll("\u00a0", " "),
  );
}
