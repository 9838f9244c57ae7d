import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

/** Runs a program to its end. Its error says what was run and what it printed. */
export async function run(
  program: string,
  parameters: readonly string[],
  options: { env?: NodeJS.ProcessEnv; timeout?: number } = {},
) {
  try {
    const { stdout } = await execFileAsync(program, parameters, { maxBuffer: 2 ** 26, ...options });
    return stdout.trim();
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${parameters.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
