import { fromEnvelope, UnknownFormatError } from "../envelope.ts";
import { ledgerFrom } from "../ledger-text.ts";
import type { RunRecord, RunSummary } from "../store.ts";

/** A run in a list: its id there, and fields of its hash. */
export interface ListedRun {
  readonly id: string;
  readonly record: string;
  readonly ledger: string;
  /** By the server's clock, as `now` is. */
  readonly createdAt: number;
}

/** What a list says of a run; of one that only a newer version can read, that. */
export function summaryOf({ id, record, ledger, createdAt }: ListedRun, now: number): RunSummary {
  const times = { createdAt, ageMs: Math.max(0, now - createdAt) };
  try {
    // By its own record: an id that is no plain text is not kept as it is by the index.
    const { id: own } = fromEnvelope<RunRecord>(record, id);
    return { id: own, ...times, state: ledgerFrom(ledger, id).state };
  } catch (error) {
    if (!(error instanceof UnknownFormatError)) throw error;
    return { id, ...times, state: "unknown" };
  }
}
