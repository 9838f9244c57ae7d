import { type Command, Option } from "commander";
import type { SupervisorOptions } from "datagraph";
import { CommandError, UsageError } from "../exit-codes.ts";

/** What the connection options of a command were set to: by its flags, else by the environment, else by `.env`. */
export interface ConnectionFlags {
  /** `false` for `--no-redis`. */
  readonly redis?: string | false;
  readonly redisPrefix?: string;
}

/** Adds the options of every connection that a run can use. Each has an environment variable of the same meaning. */
export function addConnectionOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--redis <url>",
        "keep streams in this Redis or Valkey: redis://user:password@host:6379/0; several URLs, separated by commas, are nodes of a cluster",
      ).env("REDIS_URL"),
    )
    .addOption(new Option("--no-redis", "keep streams in memory, whatever REDIS_URL says"))
    .addOption(new Option("--redis-prefix <text>", "begins every key in Redis (default: dg:)").env("REDIS_PREFIX"));
}

/** The supervisor's options for these connections. @throws UsageError; what it says contains no credentials. */
export function connectionOptions({ redis, redisPrefix }: ConnectionFlags): Pick<SupervisorOptions, "redis"> {
  // An empty variable is how a shell or a compose file says "not set".
  if (redis === undefined || redis === false || redis === "") return {};
  checkRedisUrls(redis);
  return { redis: { url: redis, ...(redisPrefix !== undefined && redisPrefix !== "" && { prefix: redisPrefix }) } };
}

/**
 * The same for what cannot do without a Redis.
 *
 * @param who as in `A worker`. @throws CommandError when none is named; UsageError.
 */
export function sharedConnection(flags: ConnectionFlags, who: string): Required<Pick<SupervisorOptions, "redis">> {
  const { redis } = connectionOptions(flags);
  if (redis !== undefined) return { redis };
  throw new CommandError(`${who} needs a Redis or Valkey: name one with --redis redis://localhost:6379/0, or with REDIS_URL.`);
}

/** One URL, or those of some nodes of a cluster. A comma can be a part of a password, but not in front of another URL. */
function checkRedisUrls(text: string): void {
  for (const url of text.split(/,\s*(?=\w+:\/\/)/)) checkRedisUrl(url);
}

function checkRedisUrl(text: string): void {
  const expected = "expected a URL such as redis://localhost:6379/0, or rediss://… for TLS (--redis, REDIS_URL)";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The text itself is not shown: it may contain a password.
  if (url === undefined) throw new UsageError(`Redis: ${expected}, found something that is not a URL.`);
  if (url.protocol === "redis:" || url.protocol === "rediss:") return;
  throw new UsageError(`Redis: ${expected}, found one that begins with "${url.protocol}".`);
}
