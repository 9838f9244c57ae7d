import { randomUUID } from "node:crypto";
import type { Codec } from "../codecs/codec.ts";
import { toEnvelope } from "../envelope.ts";
import { initialLedger, type Ledger } from "../ledger.ts";
import { ledgerText } from "../ledger-text.ts";
import { apply } from "../lifecycle.ts";
import { canRestart } from "../run-record.ts";
import type { CreateOptions, RunRecord } from "../store.ts";
import { completeInputs } from "./complete-inputs.ts";
import type { RunKeys } from "./keys.ts";
import type { RunStart } from "./redis-run.ts";
import type { StreamTop } from "./run-state.ts";
import { toBuffer } from "./stream-commands.ts";

/** What a run is created with, beside its record. */
export interface CreationSettings {
  readonly keys: RunKeys;
  /** Where the creator is told of the run. */
  readonly channel: string;
  readonly codec: Codec;
  readonly maxValueBytes: number;
  readonly leaseMs: number;
  readonly abandonedMs: number;
}

/** A run as it begins: what the server is told, and what this process knows then. */
export interface Creation {
  /** Tells a run of this very call from another one's, should the first reply be lost and the command sent again. */
  readonly creator: string;
  readonly args: readonly (string | number | Buffer)[];
  readonly start: RunStart;
  readonly claims: readonly { readonly task: number; readonly token: string }[];
  /** Inputs that are stored along with it. */
  readonly taken: readonly number[];
  /** Whether the creator supplies others. */
  readonly supplies: boolean;
}

export function creationOf(record: RunRecord, options: CreateOptions, settings: CreationSettings): Creation {
  const { claim = false, inputs = () => new Map() } = options;
  const { keys, channel, codec, maxValueBytes, leaseMs, abandonedMs } = settings;
  const complete = completeInputs(record, inputs(), codec, maxValueBytes);
  const taken = complete.map(({ stream }) => stream);
  const begun = withInputs(record, taken);
  const { ledger, claims } = claim ? withClaims(record, begun) : { ledger: begun, claims: [] };
  const supplies = record.streams.some(({ producer }, index) => producer === undefined && !taken.includes(index));
  // Who starts a run wants what it gives; the first of it is not there yet.
  const told = record.durable ? record.streams.flatMap(({ output }, index) => (output ? [index] : [])) : [];
  const tops = new Map<number, StreamTop>(told.map((stream) => [stream, { values: 0 }]));
  for (const { stream, chunk } of complete) tops.set(stream, { values: chunk.count, bytes: chunk.bytesAfter });
  // Who performs the tasks reads them; others need not hold what they have given away.
  const chunks = claim ? complete.map(({ stream, chunk }) => [stream, chunk] as const) : [];
  const creator = randomUUID();
  const args = [
    1 + complete.length,
    keys.run,
    ...taken.map((stream) => keys.stream(stream)),
    toEnvelope(record),
    ledgerText(ledger),
    record.streams.length,
    abandonedMs,
    restartingTasks(record),
    creator,
    supplies ? "1" : "0",
    leaseMs,
    claims.map(({ task, token }) => `${task}:${token}:${record.tasks[task]?.deadlineMs ?? ""}`).join(","),
    claims.flatMap(({ task, token }) => record.tasks[task]?.outputs.map((index) => `${index}:${token}`) ?? []).join(","),
    record.deadlineMs ?? "",
    channel,
    told.join(","),
    ...complete.flatMap(({ stream, chunk: { count, body } }) => [stream, count, toBuffer(body)]),
  ];
  return { creator, args, start: { ledger, revision: 0, tops, told, chunks }, claims, taken, supplies };
}

/** The tasks that may be performed again, as the scripts want them: all of them, some, or none. */
function restartingTasks(record: RunRecord): string {
  if (record.durable) return "1";
  const some = record.tasks.flatMap((_, task) => (canRestart(record, task) ? [task] : []));
  return some.length > 0 ? `,${some.join(",")},` : "";
}

/** The ledger of a run that begins with complete inputs. */
function withInputs(record: RunRecord, complete: readonly number[]): Ledger {
  const end = { state: "completed" } as const;
  return complete.reduce(
    (ledger, stream) => apply(record, ledger, { type: "end", stream, end }) ?? ledger,
    initialLedger(record),
  );
}

/** The same, with every task claimed that is ready. */
function withClaims(record: RunRecord, ledger: Ledger): { ledger: Ledger; claims: { task: number; token: string }[] } {
  const claims = ledger.tasks.flatMap(({ state }, task) => (state === "ready" ? [{ task, token: randomUUID() }] : []));
  return {
    ledger: claims.reduce((before, claim) => apply(record, before, { type: "claim", ...claim }) ?? before, ledger),
    claims,
  };
}
