import type { IngestionContext } from "./connector.ts";
import type { Properties } from "./model.ts";

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
