import { startComposeService } from "../compose.ts";
import { targetOf, waitUntilReady } from "./ping.ts";
import { freePort } from "./ports.ts";

/** Starts the project's compose service on a free port, where an engine answers. Returns what ends it. */
export async function startComposeRedis(): Promise<{ url: string; stop: () => Promise<void> } | undefined> {
  const port = await freePort();
  const stop = await startComposeService("redis", { REDIS_PORT: String(port) });
  if (stop === undefined) return undefined;
  const url = `redis://127.0.0.1:${port}`;
  await waitUntilReady(targetOf(url));
  return { url, stop };
}
