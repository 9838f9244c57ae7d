import { afterAll, beforeAll, expect, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";

/** Node 20 runs no TypeScript, and no Node strips an enum. */
const ISOLATED = `
import { isMainThread } from "node:worker_threads";
import { Flow, Processor, stream } from "datagraph";
enum Unit { Two = 2 }
const double = new Processor({ name: "double", inputs: { n: stream<number>() }, outputs: { doubled: stream<object>() } });
double.implementEach({ isolate: WHERE, concurrency: 2 }, (n) => {
  console.log("doubles " + n);
  if (n < 0) throw new RangeError("negative: " + n);
  return { doubled: { n: n * Unit.Two, isMainThread } };
});
export const flow = Flow.fromProcessors(double);
`;

let project: CliProject;
beforeAll(async () => {
  project = await CliProject.create({
    "here.ts": ISOLATED.replace("WHERE", "true"),
    "named.ts": ISOLATED.replace("WHERE", "import.meta.url"),
  });
});
afterAll(() => project[Symbol.asyncDispose]());

test.each(["here.ts", "named.ts"])(
  "a handler of a TypeScript module runs in a thread, and prints to stderr (%s)",
  async (file) => {
    const { code, stdout, stderr } = await project.run(["run", file, "--input", "n=[1,2]"]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '{"n":2,"isMainThread":false}\n{"n":4,"isMainThread":false}\n',
    });
    expect(stderr.split("\n").sort()).toEqual(["", "doubles 1", "doubles 2"]);
    const failed = await project.run(["run", file, "--input", "n=-1"]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('error: processor "double" failed: RangeError: negative: -1');
  },
);
