import { fromEnvelope, UnknownFormatError } from "../envelope.ts";
import { ledgerFrom } from "../ledger-text.ts";
import type { RunRecord, RunSummary } from "../store.ts";

/** What a list says of a run; of one that only a newer version can read, that. */
export function summaryOf(id: string, record: string, ledger: string): RunSummary {
  try {
    // By its own record: an id that is no plain text is not kept as it is by the index.
    const known = fromEnvelope<RunRecord>(record, id);
    return { id: known.id, createdAt: known.createdAt, state: ledgerFrom(ledger, id).state };
  } catch (error) {
    if (!(error instanceof UnknownFormatError)) throw error;
    const { createdAt }: Partial<RunRecord> = JSON.parse(record);
    return { id, createdAt: Number(createdAt) || 0, state: "unknown" };
  }
}
