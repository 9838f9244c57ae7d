import { findProgram } from "./redis/executable.ts";
import { run } from "./redis/run.ts";

/**
 * Starts a service of the project's docker-compose.yml and waits until it is healthy. Returns what ends it, or `undefined` where no
 * engine answers.
 *
 * @param variables what the file takes from the environment: ports, passwords.
 */
export async function startComposeService(
  service: "redis" | "neo4j",
  variables: Readonly<Record<string, string>>,
): Promise<(() => Promise<void>) | undefined> {
  if (findProgram("docker") === undefined) return undefined;
  try {
    await run("docker", ["info", "--format", "{{.ServerVersion}}"], { timeout: 5_000 });
    await run("docker", ["compose", "version"], { timeout: 5_000 });
  } catch {
    // The command is there but no engine behind it.
    return undefined;
  }
  const env = { ...process.env, ...variables };
  const compose = ["compose", "--project-name", `datagraph-test-${service}-${process.pid}`];
  await run("docker", [...compose, "up", "--detach", "--wait", service], { env, timeout: 300_000 });
  return async () => {
    await run("docker", [...compose, "down", "--volumes"], { env });
  };
}
