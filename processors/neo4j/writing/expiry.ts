import {
  dueUntil,
  GraphWriteError,
  type IngestionContext,
  LAST_INGESTED_AT,
  type TimeToLive,
  type WriteStatistics,
} from "../../graph/index.ts";
import { quoteName } from "../cypher/names.ts";
import type { Database } from "../database.ts";
import { Statistics } from "./statistics.ts";

/** Deletes what is older than its time to live, so many at a time, each in a transaction of its own. */
export async function expire(database: Database, ttl: TimeToLive, { now, signal }: IngestionContext): Promise<WriteStatistics> {
  const parameters = { earliest_allowed_time: database.toDriver.instant(dueUntil(ttl, now), "earliest_allowed_time") };
  const statistics = new Statistics();
  const { customQuery, batchSize = 100 } = ttl;
  if (customQuery !== undefined) {
    for await (const page of database.stream(customQuery, parameters, { pageSize: batchSize, signal })) {
      const ids = page.map((row) => idIn(row, ttl));
      statistics.add((await database.write({ text: deleteByIds(ttl), parameters: { ids } }, signal)).summary);
    }
    return statistics.total;
  }
  for (;;) {
    const { records, summary } = await database.write(
      { text: deleteOldest(ttl), parameters: { ...parameters, batchSize: BigInt(batchSize) } },
      signal,
    );
    statistics.add(summary);
    if (Number(records[0]?.get("deleted") ?? 0) < batchSize) return statistics.total;
  }
}

function deleteOldest({ on, type }: TimeToLive): string {
  const pattern = on === "node" ? `(x:${quoteName(type)})` : `()-[x:${quoteName(type)}]->()`;
  return [
    `MATCH ${pattern} WHERE x.${LAST_INGESTED_AT} <= $earliest_allowed_time`,
    "WITH x LIMIT $batchSize",
    on === "node" ? "DETACH DELETE x" : "DELETE x",
    "RETURN count(*) AS deleted",
  ].join("\n");
}

/** Numbers are those that `id()` gives, texts those of `elementId()`. */
function deleteByIds({ on }: TimeToLive): string {
  const pattern = on === "node" ? "(x)" : "()-[x]->()";
  const remove = on === "node" ? "DETACH DELETE x" : "DELETE x";
  return `UNWIND $ids AS id MATCH ${pattern} WHERE elementId(x) = id OR id(x) = id WITH DISTINCT x ${remove}`;
}

function idIn(row: Readonly<Record<string, unknown>>, { type }: TimeToLive): bigint | string {
  const { id } = row;
  if (typeof id === "bigint" || typeof id === "string") return id;
  throw new GraphWriteError(
    "data",
    `The custom query that expires "${type}" must return a column "id" with id(x) or elementId(x); found the columns ${Object.keys(row).join(", ")}.`,
  );
}
