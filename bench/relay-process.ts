/* One relay, or the sink, of the relay by hand, in a process of its own: says how many values it has moved. */
import { Redis } from "ioredis";
import { pump } from "./relay.ts";

interface RelaySettings {
  readonly url: string;
  readonly from: string;
  /** Absent for the sink. */
  readonly to?: string;
  /** How many values come, one amount after the other. */
  readonly amounts: readonly number[];
}

export async function main({ url, from, to, amounts }: RelaySettings): Promise<void> {
  const redis = new Redis(url, { protocol: 2, lazyConnect: true });
  await redis.connect();
  console.log("ready");
  let moved = 0;
  for (const n of amounts) {
    moved += await pump(redis, from, to, n);
    console.log(`moved ${moved}`);
  }
  redis.disconnect();
}
