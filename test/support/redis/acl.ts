import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";

const GUIDE = join(import.meta.dirname, "../../../docs/guide/redis.md");

/** What the guide tells to allow: for the streams, for BullMQ in addition, and on a cluster in addition. */
export type Allowed = "streams" | "workers" | "cluster";

const ORDER: readonly Allowed[] = ["streams", "workers", "cluster"];

/** The guide's commands, as users copy them. */
function published(): string[] {
  const blocks = [...readFileSync(GUIDE, "utf8").matchAll(/^```acl\n(ACL SETUSER .*)\n```$/gm)].map(([, line = ""]) => line);
  if (blocks.length !== ORDER.length) throw new Error(`Expected ${ORDER.length} ACL blocks in ${GUIDE}, found ${blocks.length}`);
  return blocks;
}

/** Commands that the guide allows one by one, for the streams. */
export function allowedCommands(): string[] {
  return [...(published()[0] ?? "").matchAll(/ \+(\S+)/g)].map(([, command = ""]) => command);
}

/** Makes the guide's user on a server, with a password and prefix in place of the guide's. */
export async function allow(admin: Redis, what: readonly Allowed[], { prefix = "dg:", password = "secret" } = {}): Promise<void> {
  const blocks = published();
  for (const each of what) {
    const line = (blocks[ORDER.indexOf(each)] ?? "").replaceAll(">secret", `>${password}`).replaceAll("dg:", prefix);
    // A selector in parentheses is one argument.
    const [, ...rules] = line.match(/\([^)]*\)|\S+/g) ?? [];
    await admin.call("ACL", ...rules);
  }
}

/** What the server has refused to its users, in words. */
export async function refused(admin: Redis): Promise<string[]> {
  const entries = (await admin.call("ACL", "LOG")) as unknown[][];
  return entries.map((entry) => {
    const of = (field: string) => String(entry[entry.indexOf(field) + 1]);
    return `${of("username")}: ${of("reason")} ${of("object")} (${of("context")})`;
  });
}
