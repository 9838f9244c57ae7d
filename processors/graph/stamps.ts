import type { IngestionContext } from "./connector.ts";
import type { Properties, TimeToLive } from "./model.ts";
import { getValue } from "./properties.ts";

/** When something was last touched, by whatever pipeline. {@link TimeToLive} goes by it. */
export const LAST_INGESTED_AT = "last_ingested_at";

/**
 * The properties that an ingestion leaves on every node and relationship it touches. They win over properties of the same name.
 *
 * @param stamp whether `last_ingested_at` is among them.
 */
export function stampsOf({ pipeline, now }: Pick<IngestionContext, "pipeline" | "now">, stamp: boolean): Properties {
  return {
    ...(stamp && { [LAST_INGESTED_AT]: now }),
    ...(pipeline !== undefined && {
      [`last_ingested_by_${pipeline}_at`]: now,
      [`was_ingested_by_${pipeline}`]: true,
    }),
  };
}

/** Whether something was last touched at this moment or before it. What was never stamped was not. */
export function isIngestedUntil(properties: Properties, moment: Date): boolean {
  const at = getValue(properties, LAST_INGESTED_AT);
  return at instanceof Date && at.getTime() <= moment.getTime();
}

/** What was last touched at this moment, or before it, is due. */
export function dueUntil({ expiryHours }: Pick<TimeToLive, "expiryHours">, now: Date): Date {
  return new Date(now.getTime() - expiryHours * HOUR_MS);
}

const HOUR_MS = 3_600_000;
