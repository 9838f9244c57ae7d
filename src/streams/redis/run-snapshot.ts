import type { ConsumerKey } from "../flow-control.ts";
import { type Ledger, taskSnapshots } from "../ledger.ts";
import type { RunSnapshot } from "../store.ts";
import type { RedisStream } from "./redis-stream.ts";
import type { FailureCounts, Lowest } from "./stream-commands.ts";

/** A run as its ledger, its streams and the positions of their consumers have it. */
export function snapshotOf(
  ledger: Ledger,
  streams: readonly RedisStream[],
  lowest: readonly Lowest[],
  waits: readonly (readonly ConsumerKey[])[],
  failures: readonly FailureCounts[],
): RunSnapshot {
  const { state, end, ends } = ledger;
  return {
    state,
    ...(end && { end }),
    tasks: taskSnapshots(ledger).map((task, index) => ({ ...task, ...failures[index] })),
    streams: streams.map(({ stored, floor, consumers }, index) => ({
      state: ends[index]?.state ?? "open",
      values: stored.values,
      bytes: stored.bytes,
      floor,
      // A reader in the writer's process may be ahead of what is stored.
      backlog: Math.max(0, stored.values - (lowest[index]?.position ?? stored.values)),
      bound: consumers.bound,
      waitsFor: waits[index] ?? [],
    })),
  };
}
