import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync } from "oxc-parser";

/**
 * One import or re-export of one file.
 *
 * @typedef {object} Import
 * @property {string} from    the importing file, relative to the project's root, with forward slashes
 * @property {number} line
 * @property {string} specifier  as it is written
 * @property {string} to      a file of the project (`src/errors.ts`), or `npm:NAME`, or `node:NAME`
 * @property {boolean} type   only types come through it, so nothing is loaded when the program runs
 * @property {boolean} lazy   `import()`: loaded when that line runs, not when the file is loaded
 */

const sourceFile = /(?<!\.d)\.(ts|mts|mjs|js)$/;

/**
 * Every import of every source file in these folders.
 *
 * @param {string} root
 * @param {readonly string[]} folders
 * @returns {Import[]}
 */
export function readImports(root, folders) {
  const resolve = resolver(root);
  return folders.flatMap((folder) =>
    sourceFiles(root, folder).flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8"), resolve)),
  );
}

/**
 * @param {string} root
 * @param {string} folder
 */
function sourceFiles(root, folder) {
  if (!statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => posix.join(folder, file.replaceAll("\\", "/")))
    .filter((file) => sourceFile.test(file) && !file.includes("node_modules/"))
    .sort();
}

/**
 * The imports in one file's text.
 *
 * @param {string} from
 * @param {string} text
 * @param {(from: string, specifier: string) => string} resolve
 * @returns {Import[]}
 */
export function importsOf(from, text, resolve) {
  const { module } = parseSync(from, text);
  /** @param {number} offset @param {string} specifier @param {boolean} type @param {boolean} lazy */
  const found = (offset, specifier, type, lazy) => ({
    from,
    line: text.slice(0, offset).split("\n").length,
    specifier,
    to: resolve(from, specifier),
    type,
    lazy,
  });
  const imports = module.staticImports.map(({ start, entries, moduleRequest }) =>
    found(start, moduleRequest.value, entries.length > 0 && entries.every((entry) => entry.isType), false),
  );
  const exports = module.staticExports.flatMap(({ start, entries }) => {
    const request = entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest;
    if (request === undefined || request === null) return [];
    return [
      found(
        start,
        request.value,
        entries.every((entry) => entry.isType),
        false,
      ),
    ];
  });
  const dynamic = module.dynamicImports.flatMap(({ start, moduleRequest }) => {
    const literal = /^(["'`])([^"'`$]+)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    return literal?.[2] === undefined ? [] : [found(start, literal[2], false, true)];
  });
  return [...imports, ...exports, ...dynamic];
}

/**
 * Resolves a specifier as the compiler does with the project's own condition: the package's own name means its sources.
 *
 * @param {string} root
 * @returns {(from: string, specifier: string) => string}
 */
function resolver(root) {
  /** @type {{ name: string, exports: Record<string, string | Record<string, string>> }} */
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return (from, specifier) => {
    if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
    if (specifier.startsWith("node:")) return specifier;
    const name = packageName(specifier);
    if (name !== manifest.name) return `npm:${name}`;
    const target = manifest.exports[`.${specifier.slice(name.length)}`];
    const source = typeof target === "string" ? target : target?.["datagraph-source"];
    return source === undefined ? `npm:${specifier}` : posix.normalize(source);
  };
}

/** @param {string} specifier */
function packageName(specifier) {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
