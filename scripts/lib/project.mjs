import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

/** The project's root folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The script behind a tool's command. Tools are started with Node itself: no shell, no `npx`, the same on every system.
 *
 * @param {string} packageName
 * @param {string} [command]
 */
export function toolPath(packageName, command = packageName) {
  const path = join(root, "node_modules", packageName, "package.json");
  const { bin } = require(path);
  return join(dirname(path), typeof bin === "string" ? bin : bin[command]);
}

/**
 * Runs a Node script to its end and collects what it prints.
 *
 * @param {readonly string[]} command the script and its arguments
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function runNode(command, options = {}) {
  return runProgram(process.execPath, command, options);
}

/**
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function runProgram(program, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { cwd: root, ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}
