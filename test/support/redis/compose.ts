import { findProgram } from "./executable.ts";
import { targetOf, waitUntilReady } from "./ping.ts";
import { freePort } from "./ports.ts";
import { run } from "./run.ts";

/** Starts the project's compose service on a free port, where an engine answers. Returns what ends it. */
export async function startComposeRedis(): Promise<{ url: string; stop: () => Promise<void> } | undefined> {
  if (findProgram("docker") === undefined) return undefined;
  try {
    await run("docker", ["info", "--format", "{{.ServerVersion}}"], { timeout: 5_000 });
    await run("docker", ["compose", "version"], { timeout: 5_000 });
  } catch {
    // The command is there but no engine behind it.
    return undefined;
  }
  const port = await freePort();
  const env = { ...process.env, REDIS_PORT: String(port) };
  const compose = ["compose", "--project-name", `datagraph-test-${process.pid}`];
  await run("docker", [...compose, "up", "--detach", "--wait", "redis"], { env, timeout: 300_000 });
  const url = `redis://127.0.0.1:${port}`;
  await waitUntilReady(targetOf(url));
  return {
    url,
    stop: async () => {
      await run("docker", [...compose, "down", "--volumes"], { env });
    },
  };
}
