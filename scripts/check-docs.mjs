// Code in the documents compiles: every ```ts fence becomes a module of its own, compiled against the sources.
// A fence that is not meant to compile starts with ```ts ignore.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeFences, fenceModule } from "./lib/fences.mjs";
import { root, runNode, toolPath } from "./lib/project.mjs";

const folder = join(root, ".cache", "docs");

const documents = [
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].filter((file) => existsSync(join(root, file))),
  ...markdownIn("docs"),
];

/** @param {string} name */
function markdownIn(name) {
  if (!existsSync(join(root, name))) return [];
  const files = readdirSync(join(root, name), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".md")).map((file) => join(name, file));
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const configuration = {
  extends: "../../tsconfig.json",
  // An example shows one thing: what it leaves unused is not a mistake.
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, checkJs: false },
  include: ["*.ts"],
  exclude: [],
};
writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));

/** @type {Map<string, string>} document by the name of its modules */
const origins = new Map();
let count = 0;
for (const document of documents) {
  for (const fence of codeFences(readFileSync(join(root, document), "utf8"))) {
    const name = `${document.replaceAll(/[^\w.]/g, "-")}.${fence.line}`;
    origins.set(`${name}.ts`, document);
    writeFileSync(join(folder, `${name}.ts`), fenceModule(fence));
    count += 1;
  }
}

if (count > 0) {
  const { ok, output } = await runNode([toolPath("typescript", "tsc"), "-p", join(folder, "tsconfig.json"), "--pretty", "false"]);
  const readable = output.replaceAll(/^(?:.*\/)?([^/(\n]+\.ts)\((\d+),(\d+)\)/gm, (whole, file, line, column) =>
    origins.has(file) ? `${origins.get(file)}:${line}:${column}` : whole,
  );
  if (readable !== "") console.error(readable);
  process.exitCode = ok ? 0 : 1;
}
console.log(`${count} examples in ${documents.length} documents`);
