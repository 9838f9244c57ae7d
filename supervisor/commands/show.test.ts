import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";
import { formatOf } from "./show.ts";

let project: CliProject;
beforeAll(async () => {
  project = await CliProject.create({
    "flow.js": `
      import { Flow, Processor } from "datagraph";
      export const flow = Flow.fromProcessors(new Processor({ name: "double", inputs: ["n"], outputs: ["doubled"] }));`,
  });
});
afterAll(() => project[Symbol.asyncDispose]());

test.each([
  ["text", /double/],
  ["mermaid", /^flowchart/m],
  ["dot", /^digraph/m],
  ["svg", /<svg[\s>]/],
  ["json", /"processors"/],
])("draws a flow that nobody implements as %s", async (format, expected) => {
  const result = await project.run(["show", "flow.js", "--format", format]);
  expect(result).toMatchObject({ code: 0, stderr: "" });
  expect(result.stdout).toMatch(expected);
});

test("writes to a file in the format of its name", async () => {
  expect(await project.run(["show", "flow.js", "--out", "flow.svg"])).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await readFile(join(project.folder, "flow.svg"), "utf8")).toContain("<svg");
});

test("a file that cannot be written, or an unknown format, is one line", async () => {
  const unwritable = await project.run(["show", "flow.js", "--out", "no/where.svg"]);
  expect(unwritable.code).toBe(1);
  expect(unwritable.stderr).toMatch(/^error: .*where\.svg cannot be written: ENOENT.*\n$/);
  const unknown = await project.run(["show", "flow.js", "--format", "png"]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain("Allowed choices are text, mermaid, dot, svg, json");
});

test("the format is the one asked for, else the file's, else text", () => {
  expect(formatOf({ format: "dot", out: "a.svg" })).toBe("dot");
  expect(formatOf({ out: "a.MMD" })).toBe("mermaid");
  expect(formatOf({ out: "a" })).toBe("text");
  expect(formatOf({})).toBe("text");
});
