import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { type Diagnostic, judge, parseDiagnostics } from "./judge.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const project = fileURLToPath(new URL("../..", import.meta.url));
const compiler = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));

let diagnostics: readonly Diagnostic[];

beforeAll(async () => {
  const output = await compile();
  diagnostics = parseDiagnostics(output);
  if (output !== "" && diagnostics.length === 0) throw new Error(`The compiler did not check the fixtures:\n${output}`);
});

/** One run of the compiler for all fixtures. It exits with an error, as fixtures have some. */
function compile(): Promise<string> {
  const parameters = [compiler, "-p", folder, "--noEmit", "--pretty", "false"];
  return new Promise((done) => {
    execFile(process.execPath, parameters, { cwd: project, maxBuffer: 2 ** 26 }, (_error, stdout, stderr) =>
      done(stdout + stderr),
    );
  });
}

function fixtures(inFolder: string): string[] {
  return readdirSync(inFolder)
    .filter((file) => file.endsWith(".type-test.ts"))
    .map((file) => resolve(inFolder, file));
}

function mistakesOf(file: string): string[] {
  const own = diagnostics.filter((diagnostic) => resolve(project, diagnostic.file) === file);
  return judge(readFileSync(file, "utf8"), own);
}

describe("the public types", () => {
  test.each(fixtures(folder).map((file) => [basename(file, ".type-test.ts"), file] as const))("%s", (_name, file) => {
    expect(mistakesOf(file)).toEqual([]);
  });
});

describe("the type tests themselves", () => {
  test("accept errors that are expected, with all of their lines", () => {
    expect(mistakesOf(resolve(folder, "proof/met.type-test.ts"))).toEqual([]);
  });

  test("fail for an expected error that is missing, for one that reads differently and for an unexpected one", () => {
    expect(mistakesOf(resolve(folder, "proof/unmet.type-test.ts"))).toEqual([
      "line 2: expected an error that matches /not assignable/s, and there is none",
      "line 5: expected an error that matches /is not a word/s, and there is none",
      expect.stringMatching(/^line 5: TS2322: Type 'string' is not assignable/),
      expect.stringMatching(/^line 7: TS2304: Cannot find name 'undeclared'/),
    ]);
  });
});
