/*
 * The reference on Redis: a relay written by hand with ioredis. A producer writes every value as one entry of a first
 * stream; two relays read it with a consumer group, write it to the next stream and acknowledge it; a sink reads the
 * third stream and acknowledges. Writes go in pipelines of 100, reads ask for 100, and each of the four has a connection
 * of its own, because reads block. The relays do not look into the values, so they are faster than relays that do work.
 */
import { Redis } from "ioredis";

export interface RelayOptions {
  readonly url: string;
  /** How many values will be relayed. */
  readonly n: number;
  /** Entries per pipeline and per read. Default 100. */
  readonly batch?: number;
  /** Whether values are read as bytes: faster for large ones, slower for small ones. Default false. */
  readonly bytes?: boolean;
}

export interface Relay {
  /** Writes the values to the first stream. */
  produce(values: Iterable<string | Buffer>): Promise<void>;
  /** Starts the two relays. */
  start(): void;
  /** Settles when the sink has acknowledged so many values; `onFirst` is called when it reads the first one. */
  sink(n: number, onFirst?: () => void): Promise<number>;
  close(): Promise<void>;
}

/** Connects, and makes the streams with their groups, for `n` values. */
export async function makeRelay({ url, n, batch = 100, bytes = false }: RelayOptions): Promise<Relay> {
  const connections = Array.from({ length: 4 }, () => new Redis(url, { protocol: 2, lazyConnect: true }));
  const [producer, first, second, last] = connections as [Redis, Redis, Redis, Redis];
  await Promise.all(connections.map((connection) => connection.connect()));
  const keys = ["bench:relay:a", "bench:relay:b", "bench:relay:c"] as const;
  await producer.del(...keys);
  for (const key of keys) await producer.xgroup("CREATE", key, GROUP, "$", "MKSTREAM");
  const settings = { batch, bytes };
  const relays: Promise<number>[] = [];
  return {
    start: () => {
      relays.push(pump(first, keys[0], keys[1], n, settings), pump(second, keys[1], keys[2], n, settings));
    },
    produce: (values) => produce(producer, keys[0], values, batch),
    sink: (count, onFirst) => pump(last, keys[2], undefined, count, settings, onFirst),
    close: async () => {
      await Promise.all(relays);
      await producer.del(...keys);
      for (const connection of connections) connection.disconnect();
    },
  };
}

export async function produce(redis: Redis, key: string, values: Iterable<string | Buffer>, batch: number): Promise<void> {
  let pipeline = redis.pipeline();
  for (const value of values) {
    pipeline.xadd(key, "*", "d", value);
    if (pipeline.length < batch) continue;
    await pipeline.exec();
    pipeline = redis.pipeline();
  }
  if (pipeline.length > 0) await pipeline.exec();
}

/** Moves `n` entries from one stream to another, or nowhere; gives how many it was. */
export async function pump(
  redis: Redis,
  from: string,
  to: string | undefined,
  n: number,
  { batch, bytes }: { batch: number; bytes: boolean } = { batch: 100, bytes: false },
  onFirst?: () => void,
): Promise<number> {
  const read = (bytes ? redis.xreadgroupBuffer : redis.xreadgroup).bind(redis) as ReadGroup;
  let seen = 0;
  while (seen < n) {
    const [stream] = (await read("GROUP", GROUP, "c", "COUNT", batch, "BLOCK", 5000, "STREAMS", from, ">")) ?? [];
    if (!stream) continue;
    const [, entries] = stream;
    if (seen === 0) onFirst?.();
    seen += entries.length;
    const pipeline = redis.pipeline();
    if (to !== undefined) for (const [, fields] of entries) pipeline.xadd(to, "*", "d", fields[1]);
    pipeline.xack(from, GROUP, ...entries.map(([id]) => id));
    await pipeline.exec();
  }
  return seen;
}

type Entry = [id: string | Buffer, fields: [name: string | Buffer, value: string | Buffer]];
type ReadGroup = (...args: (string | number)[]) => Promise<[key: string | Buffer, entries: Entry[]][] | null>;

export const GROUP = "g";
