import { existsSync, rmSync, writeFileSync } from "node:fs";
import { canInstall, installPackages } from "../apt.ts";
import { findProgram, findRedisExecutable } from "./executable.ts";
import { run } from "./run.ts";

/** Debian asks this program whether a package's installation may start services; exit code 101 says no. */
const servicePolicy = "/usr/sbin/policy-rc.d";

/**
 * Installs Debian's Redis without starting its service on the default port, which is not ours to take.
 * Returns the program's path, or `undefined` where this is no Debian or we are not root.
 */
export async function installRedis(): Promise<string | undefined> {
  if (!canInstall()) return undefined;
  const ownPolicy = !existsSync(servicePolicy);
  if (ownPolicy) writeFileSync(servicePolicy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await installPackages(["redis-server"]);
  } finally {
    if (ownPolicy) rmSync(servicePolicy, { force: true });
  }
  // Nor may it start with the machine from now on. Where there is no systemd there is nothing to disable.
  if (findProgram("systemctl") !== undefined) await run("systemctl", ["disable", "redis-server"]).catch(() => {});
  return findRedisExecutable();
}
