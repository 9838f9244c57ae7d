import { findProgram } from "./redis/executable.ts";
import { run } from "./redis/run.ts";

/** Whether packages can be installed here: a Debian (or Ubuntu), and we are root. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && findProgram("apt-get") !== undefined;
}

/** Installs Debian packages, of each list the first one that this release has. */
export async function installPackages(...wanted: readonly (readonly string[])[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env });
  const packages: string[] = [];
  for (const names of wanted) packages.push(await firstAvailable(names));
  await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], { env });
}

async function firstAvailable(names: readonly string[]): Promise<string> {
  for (const name of names) {
    if (/Candidate: \d/.test(await run("apt-cache", ["policy", name]))) return name;
  }
  throw new Error(`None of these packages can be installed here: ${names.join(", ")}`);
}
