import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { only, perform } from "./kit/nodestream.ts";

const node = (key: string) => `
- implementation: nodestream.interpreting:Interpreter
  arguments:
    interpretations: [{ type: source_node, node_type: R%, key: { id: !jmespath "${key}" } }]`;

/** A web server for one test, that answers by path and query. */
async function serve(answer: (url: URL, headers: Readonly<Record<string, unknown>>) => unknown): Promise<string> {
  const server: Server = createServer((request, response) => {
    const found = answer(new URL(request.url ?? "/", "http://localhost"), request.headers);
    response.statusCode = found === undefined ? 404 : 200;
    response.end(typeof found === "string" ? found : JSON.stringify(found ?? null));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("extractors", () => {
  test("files from several places, in their order, and again from another extractor", async () => {
    const address = await serve(({ pathname }) => (pathname === "/r.jsonl" ? '{"id":"remote"}\n' : undefined));
    const { runs, graph } = await perform({
      files: { "a [1].json": '{"id":"a"}', "b{x}.json": '{"id":"b"}', "c.csv": "id\nc\n" },
      pipelines: {
        p: `
- implementation: nodestream.pipeline.extractors.files:FileExtractor
  arguments:
    sources:
      - { type: local, globs: ["b{x}.*", "a [[]1].json"] }
      - { type: http, urls: ["${address}/r.jsonl"], memory_spooling_max_size_in_mb: 1.0 }
- implementation: nodestream.pipeline.extractors:FileExtractor
  factory: local
  arguments: { globs: ["*.csv"] }${node("id")}`,
      },
    });
    expect(graph).toEqual(['R{id: "a"}', 'R{id: "b"}', 'R{id: "c"}', 'R{id: "remote"}']);
    expect(only(runs)).toMatchObject({ records: 4, unreadable: 0 });
  });

  test("what cannot be read is told of with its place, and the rest is read", async () => {
    const { runs, graph } = await perform({
      files: { "a.jsonl": '{"id":1}\n{"id":\n\n{"id":2}\n', "b.json": "{" },
      pipelines: {
        p: `
- implementation: nodestream.pipeline:FileExtractor
  factory: local
  arguments: { globs: ["*.jsonl", "b.json"] }${node("id")}`,
      },
    });
    expect(graph).toEqual(["R{id: 1}", "R{id: 2}"]);
    expect(only(runs)).toMatchObject({
      unreadable: 2,
      refusals: [expect.stringMatching(/^a\.jsonl:2:\d+: this is not JSON/), expect.stringMatching(/^b\.json:1:2/)],
    });
  });

  test.each([
    ["a file of an unknown kind", { "a.xyz": "" }, "a.xyz: its name does not say its format"],
    ["a file that is damaged", { "a.csv.gz": "no gzip" }, "a.csv.gz"],
  ])("%s ends the run", async (_, files, message) => {
    const scenario = {
      files,
      pipelines: {
        p: `
- implementation: nodestream.pipeline:FileExtractor
  factory: local
  arguments: { globs: ["*.*z"] }${node("id")}`,
      },
    };
    await expect(perform(scenario)).rejects.toThrow(message);
  });

  test("a server that does not have the file ends the run", async () => {
    const address = await serve(() => undefined);
    const scenario = {
      pipelines: {
        p: `
- implementation: nodestream.pipeline:FileExtractor
  factory: remote
  arguments: { urls: ["${address}/secret.json?token=abc"] }${node("id")}`,
      },
    };
    const error = await perform(scenario).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toContain("the server answered 404");
    expect((error as Error).message).not.toContain("abc");
  });

  test("an HTTP API, page by page", async () => {
    const asked: string[] = [];
    const address = await serve((url, headers) => {
      asked.push(`${url.search} ${headers.authorization}`);
      const start = Number(url.searchParams.get("skip") ?? 0);
      return { items: [1, 2, 3, 4, 5].slice(start, start + 2).map((id) => ({ id })) };
    });
    const { graph } = await perform({
      pipelines: {
        p: `
- implementation: nodestream.pipeline.extractors:SimpleApiExtractor
  arguments: { url: "${address}/api", yield_from: items, offset_query_param: skip, headers: { Authorization: Bearer x } }${node("id")}`,
      },
    });
    expect(graph).toEqual([1, 2, 3, 4, 5].map((id) => `R{id: ${id}}`));
    expect(asked).toEqual(["", "?skip=2", "?skip=4", "?skip=5"].map((search) => `${search} Bearer x`));
  });

  test("ranges and iterables", async () => {
    const { graph } = await perform({
      pipelines: {
        down: `
- implementation: nodestream.pipeline:IterableExtractor
  factory: range
  arguments: { start: 3, stop: 0, step: -2 }${node("index")}`,
        values: `
- implementation: nodestream.pipeline.extractors:IterableExtractor
  arguments: { iterable: [{ id: a }, { id: 2.0 }, { id: 2024-01-02 }, { id: ~ }] }${node("id")}`,
      },
    });
    expect(graph).toEqual(['R{id: "a"}', "R{id: 2.0}", "R{id: 1}", "R{id: 2024-01-02}", "R{id: 3}"].sort());
  });
});

describe("times to live", () => {
  const expiry = (kind: string, configuration: string, more = "") => `
- implementation: nodestream.pipeline.extractors:TimeToLiveConfigurationExtractor
  arguments: { graph_object_type: ${kind}, configurations: [${configuration}]${more} }`;

  test("delete what is due when everything else of the pipeline is written", async () => {
    const { runs, graph } = await perform({
      pipelines: {
        a_make: `
- implementation: nodestream.pipeline:IterableExtractor
  arguments: { iterable: [{ id: 1 }, { id: 2 }] }${node("id")}`,
        b_expire: `${expiry("NODE", "{ object_type: R, expiry_in_hours: 0, batch_size: 1 }, { object_type: R, enabled: false, expiry_in_hours: 0 }")}`,
        c_both: `
- implementation: nodestream.pipeline:IterableExtractor
  arguments: { iterable: [{ id: 3 }] }${node("id")}${expiry("NODE", "{ object_type: R }", ", override_expiry_in_hours: 1.0")}`,
      },
    });
    expect(graph).toEqual(["R{id: 3}"]);
    expect(runs.map(({ records, targets }) => [records, targets[0]?.nodesDeleted])).toEqual([
      [2, undefined],
      [0, 2],
      [1, 0],
    ]);
  });

  test("of relationships", async () => {
    const { graph } = await perform({
      pipelines: {
        a_make: `
- implementation: nodestream.pipeline:IterableExtractor
  arguments: { iterable: [{ id: 1 }] }
- implementation: nodestream.interpreting:Interpreter
  arguments:
    interpretations:
      - { type: source_node, node_type: R, key: { id: !jmespath id } }
      - { type: relationship, node_type: R, relationship_type: TO, node_key: { id: 2 } }`,
        b_expire: expiry("RELATIONSHIP", "{ object_type: TO, expiry_in_hours: 0 }"),
      },
    });
    expect(graph).toEqual(["R{id: 1}", "R{id: 2}"]);
  });
});
