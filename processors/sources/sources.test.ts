import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DeclarationError, Flow, StreamFailedError, Supervisor } from "datagraph";
import { collect } from "datagraph/testing";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { nextLink } from "./http/pages.ts";
import { retryAfterMs } from "./http/request.ts";
import { files, httpPages, httpRecords, iterable, type ReadOptions, range, readFiles } from "./index.ts";

const folder = await mkdtemp(join(tmpdir(), "sources-"));
afterAll(() => rm(folder, { recursive: true }));
await mkdir(join(folder, "in/deep"), { recursive: true });
await writeFile(join(folder, "in/b.jsonl"), '"b"\n{\n"c"\n');
await writeFile(join(folder, "in/a.csv"), "x\n1\n");
await writeFile(join(folder, "in/deep/c.txt"), "line");
await writeFile(join(folder, "outside.txt"), "outside");
await symlink(join(folder, "outside.txt"), join(folder, "in/link.txt"));

/** The address of a server that answers like this. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("which files", () => {
  test("globs: sorted, each file once; one that matches nothing is a warning", async () => {
    const warnings: string[] = [];
    const globs = ["in/**/*.txt", "in/*.csv", "in/deep/*", "none/*.csv"];
    const records = await collect(readFiles({ globs, cwd: folder, onWarning: (message) => warnings.push(message) }));
    expect(records).toEqual([{ x: "1" }, { line: "line" }, { line: "outside" }]);
    expect(warnings).toEqual(['The glob "none/*.csv" matches no file.']);
  });

  test.each<[string, ReadOptions, string]>([
    ["a file that is not there", { paths: ["in/none.csv"] }, "in/none.csv: there is no such file."],
    ["a folder", { paths: ["in"], format: "csv" }, "in: this is a folder"],
    ["a suffix nobody knows", { globs: ["in/**"], paths: ["in/x.docx"] }, "in/x.docx: its name does not say its format"],
    ["a path out of root", { paths: ["in/../outside.txt"], root: "in" }, 'in/../outside.txt: lies outside of "root".'],
    ["a link out of root", { globs: ["in/*.txt"], root: "in" }, 'in/link.txt: lies outside of "root".'],
    ["a glob out of root", { globs: ["in/../*.txt"], root: "in" }, 'lies outside of "root".'],
  ])("%s is an error", async (_, options, message) => {
    const reading = collect(readFiles({ ...options, cwd: folder }));
    await expect(reading).rejects.toMatchObject({ code: "SOURCE", message: expect.stringContaining(message) });
  });

  test("what cannot work is refused at once", () => {
    expect(() => readFiles({})).toThrow(DeclarationError);
    expect(() => readFiles({ urls: ["file:///etc/passwd"] })).toThrow('found a URL of "file:"');
    expect(() => readFiles({ paths: ["a"], maxRecordBytes: 0 })).toThrow("maxRecordBytes");
  });
});

describe("as processors", () => {
  test("files: records that cannot be read go to another output", async () => {
    const flow = Flow.fromProcessors(files({ globs: ["in/*.jsonl"], cwd: folder, refused: "refused" })).resolve();
    await using supervisor = new Supervisor();
    const run = await supervisor.startFlow(flow);
    expect(await run.outputs.records.toArray()).toEqual(["b", "c"]);
    expect(await run.outputs.refused.toArray()).toMatchObject([{ source: "in/b.jsonl", line: 2, column: 2, text: "{" }]);
  });

  test("files: without one, the first of them fails the run, after the records before it", async () => {
    await using supervisor = new Supervisor();
    const run = await supervisor.startFlow(Flow.fromProcessors(files({ paths: ["in/b.jsonl"], cwd: folder })).resolve());
    const read: unknown[] = [];
    const reading = async () => {
      for await (const record of run.outputs.records) read.push(record);
    };
    const error = await reading().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamFailedError);
    expect(error).toMatchObject({ failure: { code: "BAD_RECORD", message: expect.stringContaining("in/b.jsonl:2:2") } });
    expect(read).toEqual(["b"]);
  });

  test("iterables, ranges and HTTP", async () => {
    const url = await serve((_, response) => response.end("[1.0, 2]"));
    const sources = [
      iterable({ values: ["a", "b"] }),
      range({ output: "indexes", start: 5, stop: 0, step: -2 }),
      httpRecords({ output: "pages", url }),
    ] as const;
    await using supervisor = new Supervisor();
    const run = await supervisor.startFlow(Flow.fromProcessors(...sources).resolve());
    expect(await run.outputs.records.toArray()).toEqual(["a", "b"]);
    expect(await run.outputs.indexes.toArray()).toEqual([{ index: 5 }, { index: 3 }, { index: 1 }]);
    expect(await run.outputs.pages.toArray()).toEqual([{ float: 1 }, 2]);
  });
});

describe("HTTP", () => {
  test("a file by its address, after redirects and passing refusals", async () => {
    let asked = 0;
    const url = await serve(({ url: path }, response) => {
      if (path === "/a.csv") response.writeHead(302, { location: "/b.csv" }).end();
      else if (asked++ === 0) response.writeHead(503, { "retry-after": "0" }).end();
      else if (asked === 2) response.destroy();
      else response.end("x\n1\n");
    });
    expect(await collect(readFiles({ urls: [`${url}/a.csv?key=secret`], http: { backoffMs: 1 } }))).toEqual([{ x: "1" }]);
    expect(asked).toBe(3);
  });

  test.each([
    ["a refusal, at once", (response) => response.writeHead(404).end(), "the server answered 404 Not Found."],
    [
      "a circle of redirects",
      (response) => response.writeHead(301, { location: "/a.csv" }).end(),
      "redirected more than 10 times",
    ],
    ["a redirect to a file", (response) => response.writeHead(301, { location: "file:///etc/hosts" }).end(), "no web server"],
    [
      "a refusal that does not pass",
      (response) => response.writeHead(500).end(),
      "answered 500 Internal Server Error after 3 attempts.",
    ],
    ["a pause that is too long", (response) => response.writeHead(429, { "retry-after": "9999" }).end(), "answered 429"],
    [
      "a body that breaks off",
      (response) => response.writeHead(200, { "content-length": 99 }).write("x\n1\n", () => response.destroy()),
      ":",
    ],
    ["silence", () => undefined, "silent for 200 ms"],
  ] satisfies [string, (response: Parameters<RequestListener>[1]) => unknown, string][])(
    "%s is an error without secrets",
    async (_, answer, message) => {
      const url = new URL(`${await serve((__, response) => void answer(response))}/a.csv?key=secret`);
      url.password = "secret";
      const http = { retries: 2, backoffMs: 1, timeoutMs: 200, headers: { authorization: "secret" } };
      const error = await collect(readFiles({ urls: [url], http })).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "SOURCE", source: `${url.origin}/a.csv`, message: expect.stringContaining(message) });
      expect(String(error)).not.toContain("secret");
    },
  );

  test("credentials do not follow a redirect to another origin", async () => {
    const seen: unknown[] = [];
    const other = await serve(({ headers }, response) => {
      seen.push(headers.authorization, headers["x-key"]);
      response.end("[]");
    });
    const url = await serve((_, response) => response.writeHead(302, { location: other }).end());
    await collect(httpPages({ url, headers: { authorization: "Bearer secret", "x-key": "secret" } }));
    expect(seen).toEqual([undefined, undefined]);
  });

  test.each([
    ["link", { by: "link" }],
    ["url", { by: "url", path: "next.url" }],
    ["cursor", { by: "cursor", path: "next.cursor", parameter: "page" }],
    ["offset", { by: "offset", parameter: "skip" }],
  ] as const)("pages by %s", async (_, paging) => {
    const base = await serve((request, response) => {
      const { searchParams } = new URL(request.url ?? "", "http://localhost");
      const first = searchParams.has("skip") ? Number(searchParams.get("skip")) : Number(searchParams.get("page") ?? 0);
      const more = first + 2 < 5;
      if (more) response.setHeader("link", `</?page=0>; rel="first", </?page=${first + 2}>; rel="next"`);
      const next = more ? { url: `/?page=${first + 2}`, cursor: first + 2 } : null;
      response.end(JSON.stringify({ data: { items: [0, 1, 2, 3, 4].slice(first, first + 2) }, next }));
    });
    expect(await collect(httpPages({ url: base, records: "data.items", paging }))).toEqual([0, 1, 2, 3, 4]);
  });

  test("pages that go round, are no JSON, too large, or without records are errors", async () => {
    const url = await serve((_, response) => response.end('{"next":"/","items":5}'));
    const failing = (options: Partial<Parameters<typeof httpPages>[0]>) =>
      expect(collect(httpPages({ url, ...options }))).rejects;
    await failing({ paging: { by: "url", path: "next" } }).toThrow("names itself");
    await failing({ records: "items" }).toThrow('expected a list of records at "items"');
    await failing({ maxPageBytes: 5 }).toThrow("more than 5 bytes");
    const text = await serve((_, response) => response.end("<html>"));
    await failing({ url: text }).toThrow("the answer is not JSON");
  });

  test("headers are read as the standards say", () => {
    expect(nextLink('<a>; rel="prev", <b>; title="x, y"; rel="last next"')).toBe("b");
    expect(nextLink("<a>; rel=prev")).toBeUndefined();
    expect(retryAfterMs("3", 0)).toBe(3000);
    expect(retryAfterMs("Thu, 01 Jan 1970 00:00:05 GMT", 1000)).toBe(4000);
    expect(retryAfterMs("soon", 0)).toBeUndefined();
  });
});

test("memory does not grow with a file of 120 MB", { timeout: 120_000 }, async () => {
  const program = join(import.meta.dirname, "../../test/support/read-large.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [program, folder]);
  expect(JSON.parse(stdout)).toEqual({ jsonl: 1_200_000, csv: 300_000, grownMb: expect.any(Number) });
  expect(JSON.parse(stdout).grownMb).toBeLessThan(150);
});
