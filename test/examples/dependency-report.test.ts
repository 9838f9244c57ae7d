import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { askNeo4j } from "../support/neo4j/graph.ts";
import { Neo4jServer } from "../support/neo4j.ts";
import { ExampleProgram } from "./program.ts";

/** A small project with whatever is odd about packages. */
const oddProject = {
  "package-lock.json": JSON.stringify({
    lockfileVersion: 3,
    packages: {
      "": { name: "odd", dependencies: { plain: "1.0.0" } },
      "node_modules/plain": { version: "1.0.0", license: "MIT", dependencies: { old: "1", shared: "1" } },
      "node_modules/old": { version: "1.0.0", dependencies: { shared: "2" } },
      "node_modules/old/node_modules/shared": { version: "2.0.0" },
      "node_modules/shared": { version: "1.0.0" },
      "node_modules/broken": { version: "1.0.0", license: "ISC" },
      "node_modules/native-mac": { version: "1.0.0", optional: true },
      "node_modules/lost": { version: "3.0.0" },
      "node_modules/local": { resolved: "packages/local", link: true },
      "packages/local": { name: "local", dependencies: { shared: "1" } },
    },
  }),
  "node_modules/plain/package.json": '\uFEFF{ "license": "(MIT OR ISC)", "author": "Ada (https://ada.example)" }',
  "node_modules/plain/README.md": "one two three",
  "node_modules/old/package.json": JSON.stringify({
    licenses: [{ type: "MIT" }, { type: "BSD" }],
    author: "nobody",
    maintainers: ["Bob <bob@example.org>", { name: "Zoë" }, { name: "Ada" }, 7],
  }),
  "node_modules/old/readme": "just words",
  "node_modules/old/node_modules/shared/package.json": '{ "license": { "type": "ISC" } }',
  "node_modules/shared/package.json": "{}",
  "node_modules/shared/lib/deep/file.js": "12345678",
  "node_modules/broken/package.json": "{ not JSON",
  "packages/local/package.json": '{ "license": 5 }',
};

const answers = `  Most needed   directly  in all
  shared@1.0.0         2       2
  shared@2.0.0         1       2
  old@1.0.0            1       1

  Without shared@1.0.0: 2 packages are hit: local, plain@1.0.0
`;

const oddReport = `  plain@1.0.0                                 MIT OR ISC             84 B  readme of 3 words
  old@1.0.0                                   MIT OR BSD            145 B  readme of 2 words
  shared@2.0.0                                ISC                    32 B  no readme
  shared@1.0.0                                not stated             10 B  no readme
  broken@1.0.0                                ISC                    10 B  no readme
  local                                       not stated             16 B  no readme

Dependencies of NAME

  6 packages installed: 9 files, 297 B
  1 optional package not installed, for other systems most likely
  1 package missing, run npm ci: lost@3.0.0

  Licence     packages
  ISC                2  ████████████████████████
  not stated         2  ████████████████████████
  MIT OR BSD         1  ████████████
  MIT OR ISC         1  ████████████

  Largest       files   size
  old@1.0.0         2  145 B
  plain@1.0.0       2   84 B
  shared@2.0.0      1   32 B
  local             1   16 B
  shared@1.0.0      2   10 B
  broken@1.0.0      1   10 B

  Longest readme: plain@1.0.0, 3 words
  Without a readme: shared@2.0.0, shared@1.0.0, broken@1.0.0, local

As a graph, in memory: 7 packages, 8 versions, 3 licences, 3 maintainers, 4 dependencies

${answers}
Read 6 packages in TIME s, with streams in STORE.
The flow as a picture: PICTURE
`;

async function folder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "dependency-report-"));
  onTestFinished(() => rm(made, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(made, path)), { recursive: true });
    await writeFile(join(made, path), text);
  }
  return made;
}

describe.each([
  ["memory", () => undefined, "memory"],
  ["redis", () => inject("redisUrl"), "Redis"],
])("dependency-report with streams in %s", (_, redis, store) => {
  test("reports on a project with odd packages", async () => {
    const project = await folder(oddProject);
    const svg = join(project, "out", "flow.svg");
    const { code, stdout, stderr } = await new ExampleProgram("dependency-report", [project, "--svg", svg], redis()).ended;
    const expected = oddReport.replace("NAME", basename(project)).replace("STORE", store);
    expect(stdout.replace(/ in \d+\.\d+ s/, " in TIME s").replace(/(picture: ).*/, "$1PICTURE")).toBe(expected);
    expect(stderr).toMatch(/^datagraph warn: node_modules\/broken\/package\.json is not a manifest error=.*\n$/);
    expect(code).toBe(0);
    const picture = await readFile(svg, "utf8");
    for (const text of ["read manifests", "✓ 6 values", "run ✓ completed"]) expect(picture).toContain(`>${text}</text>`);
  });

  test("tells what would be hit by removing a package", async () => {
    const project = await folder(oddProject);
    const withoutOf = async (id: string) => {
      const args = [project, "--svg", join(project, "flow.svg"), "--without", id];
      return (await new ExampleProgram("dependency-report", args, redis()).ended).stdout
        .match(/^ {2}Without .*(?=: ).*$/gm)
        ?.at(-1);
    };
    expect(await withoutOf("shared@2.0.0")).toBe("  Without shared@2.0.0: 2 packages are hit: old@1.0.0, plain@1.0.0");
    expect(await withoutOf("plain@1.0.0")).toBe("  Without plain@1.0.0: nothing is hit");
    expect(await withoutOf("none")).toBe("  Without none: there is no such package");
  });

  test("reports on this project", async () => {
    const svg = join(await folder(), "flow.svg");
    const { code, stdout, stderr } = await new ExampleProgram("dependency-report", ["--svg", svg], redis()).ended;
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^ {2}zod@4\S* +MIT +\S+ MB {2}readme of \S+ words$/m);
    expect(stdout).toMatch(/^ {2}\d{3} packages installed: \S+ files, \d+ MB$/m);
    expect(stdout).toMatch(/^ {2}MIT +\d+ {2}█{24}$/m);
    expect(stdout).toMatch(
      /^As a graph, in memory: \d{3} packages, \d{3} versions, \d+ licences, \d+ maintainers, \d{3} dependencies$/m,
    );
    expect(stdout).toMatch(/^ {2}Without \S+@\S+: \d+ packages are hit: \S+/m);
    expect(stdout).toMatch(/^Read \d{3} packages in/m);
    expect(code).toBe(0);
  });

  test("says what is wrong with a folder that is no project", async () => {
    const project = await folder();
    const { code, stdout, stderr } = await new ExampleProgram("dependency-report", [project], redis()).ended;
    expect(stderr).toBe(`"list packages" failed: there is no package-lock.json in ${project}. Run npm install there first.\n`);
    expect(stdout.trim()).toBe("");
    expect(code).toBe(1);
  });
});

test("dependency-report has the same graph in Neo4j, however often it is made and whatever else is there", async () => {
  const server = await Neo4jServer.start({ apoc: false });
  onTestFinished(() => server.stop());
  const { uri, username, password } = server;
  const environment = { NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password };
  const project = await folder(oddProject);
  const lock = join(project, "package-lock.json");
  const run = () =>
    new ExampleProgram("dependency-report", [project, "--svg", join(project, "flow.svg")], undefined, environment).ended;
  // Before: one dependency more, of a package that goes away.
  const { packages, ...rest } = JSON.parse(oddProject["package-lock.json"]);
  const more = { "node_modules/gone": { version: "1.0.0", dependencies: { shared: "1" } } };
  await writeFile(lock, JSON.stringify({ ...rest, packages: { ...packages, ...more } }));
  const before = (await run()).stdout.match(/^ {2}Without .*$/gm);
  const hit = "  Without shared@1.0.0: 3 packages are hit: gone@1.0.0, local, plain@1.0.0";
  expect(before?.slice(1)).toEqual([hit, hit]);
  await writeFile(lock, oddProject["package-lock.json"]);
  const { code, stdout } = await run();
  expect(stdout).toContain(`The same graph, in Neo4j at ${new URL(uri).host}:\n\n${answers}`);
  expect(stdout.split(answers)).toHaveLength(3);
  expect(code).toBe(0);
  const counts = await askNeo4j(server, "MATCH (n) UNWIND labels(n) AS label RETURN label, count(n) AS count ORDER BY label");
  expect(counts).toEqual([
    { label: "Licence", count: 3 },
    { label: "Package", count: 8 },
    { label: "Person", count: 3 },
    { label: "Project", count: 1 },
    { label: "Version", count: 9 },
  ]);
}, 120_000);

test("dependency-report says that Redis cannot be reached, without its password", async () => {
  const { code, stderr } = await new ExampleProgram("dependency-report", [], "redis://user:secret@localhost:1").ended;
  expect(stderr).toBe(
    "StoreError: Redis at localhost:1 cannot be reached (ECONNREFUSED). Is it running, and is the address right?\n",
  );
  expect(code).toBe(1);
});

test("dependency-report ends with 130 when it is interrupted", async () => {
  const project = await folder(oddProject);
  // Enough to be busy for a while: one package under thousands of names.
  const names = Array.from({ length: 5000 }, (_, i) => `node_modules/${"./".repeat(i % 50)}plain${"/.".repeat(i / 50)}`);
  const packages = Object.fromEntries(names.map((name, i) => [name, { version: `${i}.0.0` }]));
  await writeFile(join(project, "package-lock.json"), JSON.stringify({ packages }));
  const program = new ExampleProgram("dependency-report", [project]);
  await program.printed(1);
  program.interrupt();
  const { code, stderr } = await program.ended;
  expect(stderr).toBe("Interrupted: the run was cancelled.\n");
  expect(code).toBe(130);
});
