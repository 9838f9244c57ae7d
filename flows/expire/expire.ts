import { DeclarationError, Flow, type ResolvedFlow } from "datagraph";
import { type ConnectorChoice, checkTimeToLive, type Expired, graphExpiry, type TimeToLive } from "datagraph/graph";
import { iterable } from "datagraph/sources";
import { runHere } from "../run-here.ts";

export interface ExpireOptions extends ConnectorChoice {
  /** Names the flow's processors, and begins the names of its streams. Default `expire`. */
  readonly name?: string;
  /** What lives how long; deleted in this order. */
  readonly timesToLive: readonly TimeToLive[];
  /** What time it is. Default: the system's. */
  readonly now?: () => Date;
}

/**
 * A flow that deletes the nodes (with their relationships) and relationships that no pipeline has touched for longer than they live. Its output
 * `NAME.expired` has one value per time to live. What was never stamped stays.
 *
 * @throws DeclarationError where nothing is to expire, or something twice; InvalidTimeToLiveError for a time to live that could delete what was to be kept.
 */
export function expireFlow({ name = "expire", timesToLive, ...options }: ExpireOptions): ResolvedFlow {
  checkAll(timesToLive);
  const input = `${name}.timesToLive`;
  const source = iterable({ name: `${name}.list`, output: input, values: timesToLive });
  return Flow.fromProcessors(source, graphExpiry({ ...options, name, input })).resolve();
}

/**
 * Deletes what is old, in this process: {@link expireFlow}, run to its end.
 *
 * @example
 * await expire({ connector: "neo4j", options: { uri, password }, timesToLive: [{ on: "node", type: "Person", expiryHours: 24 * 30 }] });
 */
export async function expire({
  signal,
  ...options
}: ExpireOptions & { readonly signal?: AbortSignal }): Promise<readonly Expired[]> {
  return (await runHere(expireFlow(options), `${options.name ?? "expire"}.expired`, signal)) as readonly Expired[];
}

function checkAll(timesToLive: readonly TimeToLive[]): void {
  if (timesToLive.length === 0) throw new DeclarationError("Expire: timesToLive is empty, so there is nothing to do.");
  const seen = new Set<string>();
  for (const ttl of timesToLive) {
    checkTimeToLive(ttl);
    const id = JSON.stringify([ttl.on, ttl.type, ttl.customQuery]);
    if (seen.has(id))
      throw new DeclarationError(`Expire: the ${ttl.on} type "${ttl.type}" has two times to live; leave one of them out.`);
    seen.add(id);
  }
}
