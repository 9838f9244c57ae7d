import type { Redis } from "ioredis";

/** What a server has done since it was started, and what it holds now. */
export interface ServerFigures {
  readonly atMs: number;
  /** Commands by name, also those that scripts call. */
  readonly commands: ReadonlyMap<string, number>;
  readonly cpuSeconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What happened between two looks. */
export interface Work {
  readonly seconds: number;
  /** Commands, also those that scripts call. */
  readonly commands: number;
  /** Scripts among them. */
  readonly scripts: number;
  readonly cpuSeconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What a server keeps. */
export interface Kept {
  readonly keys: readonly string[];
  /** By `MEMORY USAGE`, of all keys. */
  readonly bytes: number;
}

export interface Clients {
  readonly connections: number;
  /** Buffers and all, of all connections. */
  readonly bytes: number;
  /** The largest output buffer. */
  readonly largestOutput: number;
}

const AT_ONCE = 1_000;
/** Ours, by which the server is looked at. */
const LOOKING = /^(info|client\|list|scan|memory\|usage|ping|hello|auth|select)$/;

export async function lookAt(redis: Redis): Promise<ServerFigures> {
  const [stats, commandStats, cpu] = await Promise.all([redis.info("stats"), redis.info("commandstats"), redis.info("cpu")]);
  const commands = [...commandStats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = "", calls]): [string, number] => [
    name,
    Number(calls),
  ]);
  return {
    atMs: performance.now(),
    commands: new Map(commands.filter(([name]) => !LOOKING.test(name))),
    cpuSeconds: numberOf(cpu, "used_cpu_sys") + numberOf(cpu, "used_cpu_user"),
    bytesIn: numberOf(stats, "total_net_input_bytes"),
    bytesOut: numberOf(stats, "total_net_output_bytes"),
  };
}

export function workBetween(before: ServerFigures, after: ServerFigures): Work {
  const calls = [...after.commands].map(([name, n]) => ({ name, n: n - (before.commands.get(name) ?? 0) }));
  const sum = (which: typeof calls) => which.reduce((total, { n }) => total + n, 0);
  return {
    seconds: (after.atMs - before.atMs) / 1000,
    commands: sum(calls),
    scripts: sum(calls.filter(({ name }) => /^(eval|evalsha|fcall)$/.test(name))),
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    bytesIn: after.bytesIn - before.bytesIn,
    bytesOut: after.bytesOut - before.bytesOut,
  };
}

export async function keptBy(redis: Redis): Promise<Kept> {
  const keys: string[] = [];
  for (let cursor = "0", first = true; first || cursor !== "0"; first = false) {
    const [next, found] = await redis.scan(cursor, "COUNT", AT_ONCE);
    keys.push(...found);
    cursor = next;
  }
  const known = [...new Set(keys)];
  let bytes = 0;
  for (let i = 0; i < known.length; i += AT_ONCE) {
    const sizes = await Promise.all(known.slice(i, i + AT_ONCE).map((key) => redis.memory("USAGE", key, "SAMPLES", 0)));
    for (const size of sizes) bytes += size ?? 0;
  }
  return { keys: known, bytes };
}

/** The connections of a server but the one that asks. */
export async function clientsOf(redis: Redis): Promise<Clients> {
  const own = `id=${await redis.client("ID")} `;
  const lines = String(await redis.client("LIST"))
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith(own));
  const field = (name: string) => lines.map((line) => Number(new RegExp(` ${name}=(\\d+)`).exec(line)?.[1] ?? 0));
  return {
    connections: lines.length,
    bytes: field("tot-mem").reduce((total, n) => total + n, 0),
    largestOutput: Math.max(0, ...field("omem")),
  };
}

function numberOf(info: string, name: string): number {
  return Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1] ?? Number.NaN);
}
