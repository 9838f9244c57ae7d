import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";

const TYPESCRIPT = `
import { DeclarationError, Flow, Processor, stream } from "datagraph";
import { factor } from "./factor.js";
enum Unit { One = 1 }
const double = new Processor({ name: "double", inputs: { n: stream<number>() }, outputs: { doubled: stream<number>() } });
double.implementEach({}, (n) => {
  if (n < 0) throw new DeclarationError("negative: " + n);
  return { doubled: n * factor * Unit.One };
});
export const flow: Flow = Flow.fromProcessors(double);
`;
const FILES = {
  "flow.ts": TYPESCRIPT,
  "factor.ts": "export const factor: number = 2;",
  "flow.cts": TYPESCRIPT.replace("./factor.js", "./factor.cjs"),
  "factor.cts": "export const factor: number = 2;",
  "throws.js": 'const x = () => { throw new RangeError("at load"); };\nx();',
  "throws.ts": 'const y: number = 1;\nthrow new RangeError("at load " + y);',
  "wrong.js": "const a = 1;\nfoo(;\n",
  "lacks.js": 'import "not-installed-anywhere";',
  "nothing.js": "export {};",
  "others.js": "export const a = 1; export class B {} export function c() {} export default [];",
  "several.js": `
    import { Flow, Processor } from "datagraph";
    export const p = new Processor({ name: "p", outputs: ["x"] }).implement(async () => ({ x: "p" }));
    export const q = new Processor({ name: "q", outputs: ["y"] }).implement(async () => ({ y: "q" }));
    export const one = Flow.fromProcessors(p);
    export const two = Flow.fromProcessors(q).resolve();
    export default one;`,
  "processor.js": `
    import { Processor } from "datagraph";
    export const p = new Processor({ name: "p", outputs: ["x"] }).implement(async () => ({ x: "p" }));`,
  "clash.js": `
    import { Flow, Processor } from "datagraph";
    export const flow = Flow.fromProcessors(new Processor({ name: "a", outputs: ["x"] }), new Processor({ name: "b", outputs: ["x"] }));`,
};

let project: CliProject;
beforeAll(async () => {
  project = await CliProject.create(FILES);
});
afterAll(() => project[Symbol.asyncDispose]());

/** A flow is only accepted, and an error only shown with its code, when their classes are those of the command. */
async function expectOneLibrary(of: CliProject, file: string, main?: string): Promise<void> {
  const options = { stdin: "", ...(main !== undefined && { main }) };
  expect(await of.run(["run", file, "--input", "n=[1,2]"], options)).toEqual({ code: 0, stdout: "2\n4\n", stderr: "" });
  const failed = await of.run(["run", file, "--input", "n=-1"], options);
  expect(failed.stderr).toMatch(/^error: processor "double" failed: DeclarationError: negative: -1 \[DECLARATION\]/);
}

describe("a module and the command share one library", () => {
  test("TypeScript in a package of ES modules, with a linked datagraph", () => expectOneLibrary(project, "flow.ts"));

  test("with a terminal as stderr, so that stdout is looked at first", async () => {
    await project.write({ "tty.mjs": "process.stderr.isTTY = true;" });
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(join(project.folder, "tty.mjs"))}` };
    expect(await project.run(["run", "processor.js"], { env })).toEqual({ code: 0, stdout: '"p"\n', stderr: "" });
  });

  test("TypeScript that is CommonJS", () => expectOneLibrary(project, "flow.cts"));

  test("TypeScript in a package without a type, with an installed datagraph", async () => {
    await using installed = await CliProject.create({ ...FILES, "package.json": "{}" }, "copy");
    const main = join(installed.folder, "node_modules/datagraph/dist/supervisor/main.js");
    await expectOneLibrary(installed, "flow.ts", main);
  });

  test("a global command hands over to the one that is installed in the project", async () => {
    await using installed = await CliProject.create(FILES, "copy");
    await expectOneLibrary(installed, "flow.ts");
  });

  test("a flow of another copy of the library is recognised as such", async () => {
    await using installed = await CliProject.create(FILES, "copy");
    const result = await project.run(["run", join(installed.folder, "flow.ts"), "--input", "n=1"]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("another copy of datagraph");
  });
});

describe("a module that cannot be used", () => {
  test.each(["throws.js", "throws.ts"])("%s throws while it loads: its own stack", async (file) => {
    const result = await project.run(["run", file]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^error: throws\.[jt]s failed to load: RangeError: at load/);
    expect(result.stderr).toMatch(new RegExp(`^ +at .*${file}:[12]`, "m"));
  });

  test.each([
    ["wrong.js", 1, /^error: wrong\.js failed to load: SyntaxError: Unexpected token ';' \(.*wrong\.js:2\)\n$/],
    ["lacks.js", 1, /Cannot find package 'not-installed-anywhere'.*npm install not-installed-anywhere/],
    ["nothing.js", 2, /nothing\.js exports no flow\. It exports nothing\. Expected an export made by Flow\.fromProcessors/],
    ["others.js", 2, /It exports: (?=.*a \(number\))(?=.*B \(class\))(?=.*c \(function\))(?=.*default \(array\))/],
    ["several.js", 2, /several\.js exports several flows: choose one with --flow\. Its flows: default = one, two\./],
    ["clash.js", 1, /^error: This flow cannot be resolved: .*\[FLOW_RESOLUTION\]/s],
  ])("%s", async (file, code, says) => {
    const result = await project.run(["run", file]);
    expect(result.stderr).toMatch(says);
    expect(result.code).toBe(code);
  });
});

describe("which flow", () => {
  test.each([
    ["--flow names an export", ["several.js", "--flow", "two"], '"q"\n'],
    ["the default export has a name too", ["several.js", "--flow", "default"], '"p"\n'],
    ["a processor by name", ["several.js", "--flow", "p"], '"p"\n'],
    ["a processor alone", ["processor.js"], '"p"\n'],
  ])("%s", async (_, args, stdout) => {
    expect(await project.run(["run", ...args])).toEqual({ code: 0, stdout, stderr: "" });
  });
});
