import { Processor, stream, type UncheckedSchema } from "datagraph";
import { type ConnectorChoice, connectionOf } from "./connect.ts";
import type { WriteStatistics } from "./connector.ts";
import { InvalidTimeToLiveError } from "./errors.ts";
import type { TimeToLive } from "./model.ts";

export interface GraphExpiryOptions<Name extends string = string, Input extends string = string> extends ConnectorChoice {
  /** The processor's name. Its output begins with it: `NAME.expired`. */
  readonly name: Name;
  /** The stream of what is to expire. Default `timesToLive`. */
  readonly input?: Input;
  /** What time it is. Default: the system's. */
  readonly now?: () => Date;
}

/** What one time to live has deleted. */
export interface Expired extends WriteStatistics {
  readonly ttl: TimeToLive;
  readonly ms: number;
}

/** What a {@link graphExpiry} is to the flow around it. */
export interface GraphExpiryDeclaration<Name extends string, Input extends string> {
  readonly name: Name;
  readonly inputs: Readonly<Record<Input, UncheckedSchema<TimeToLive>>>;
  readonly outputs: Readonly<Record<`${Name}.expired`, UncheckedSchema<Expired>>>;
}

/**
 * A processor that deletes nodes (with their relationships) and relationships that no pipeline has touched for long. It starts
 * at once: to expire after an ingestion, make what it is given in a processor that waits for the writer's batches.
 */
export function graphExpiry<const Name extends string, const Input extends string = "timesToLive">(
  options: GraphExpiryOptions<Name, Input>,
): Processor<GraphExpiryDeclaration<Name, Input>> {
  const { name, input = "timesToLive", now = () => new Date() } = options;
  const expired = `${name}.expired`;
  const processor = new Processor({
    name,
    inputs: { [input]: stream<TimeToLive>() },
    outputs: { [expired]: stream<Expired>() },
  });
  processor.implementEach(
    { input },
    { connection: connectionOf(options) },
    async (ttl: TimeToLive, { connection }, { signal }) => {
      checkTimeToLive(ttl);
      const start = performance.now();
      const statistics = await connection.queries.expire(ttl, { now: now(), signal });
      return { [expired]: { ttl, ...statistics, ms: performance.now() - start } };
    },
  );
  // The compiler does not follow names that are put together.
  return processor as unknown as Processor<GraphExpiryDeclaration<Name, Input>>;
}

/** A mistake here deletes what was to be kept. @throws InvalidTimeToLiveError */
export function checkTimeToLive({ on, type, expiryHours, batchSize }: TimeToLive): void {
  if (on !== "node" && on !== "relationship") throw new InvalidTimeToLiveError("on", 'it must be "node" or "relationship"', on);
  if (typeof type !== "string" || type === "") throw new InvalidTimeToLiveError("type", "it must name a type", type);
  if (!Number.isFinite(expiryHours) || expiryHours < 0) {
    throw new InvalidTimeToLiveError("expiryHours", "it must be a number of hours, 0 or more", expiryHours);
  }
  if (batchSize !== undefined && !(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new InvalidTimeToLiveError("batchSize", "it must be a whole number from 1", batchSize);
  }
}
