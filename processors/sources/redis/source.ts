import { checkpoint, depends, Processor, stream, type TaskContext, type UncheckedSchema } from "datagraph";
import { BadRecordError, type RefusedRecord, toRefused } from "../errors.ts";
import type { SourceNames, SourceProcessor } from "../source.ts";
import { StreamClient } from "./client.ts";
import { EntryReader, type RedisRecord } from "./entries.ts";
import { type RedisStreamOptions, type RedisStreamSettings, redisStreamSettings } from "./options.ts";
import { type Batch, beginning, type ReadingState, readAlone, readInGroup } from "./reading.ts";

/**
 * A processor that reads a Redis stream of another application: `records` out, `{ id, fields }` each. With `refused` the entries that cannot be read go to the output of that
 * name, and reading goes on; without it the first of them fails the run.
 *
 * @throws DeclarationError for options that cannot work. A run fails with a SourceError for a server or a key that gives no stream.
 */
export function redisStream<const O extends string = "records", const R extends string = never>(
  options: RedisStreamOptions & SourceNames<O> & { readonly refused?: R },
): SourceProcessor<Readonly<Record<O, RedisRecord> & Record<R, RefusedRecord>>> {
  const { name = "redisStream", output = "records" as O, refused } = options;
  const settings = redisStreamSettings(options);
  const outputs = refused === undefined ? [output] : [output, refused];
  const schemas = Object.fromEntries(outputs.map((output) => [output, stream<unknown>()]));
  const processor = new Processor({ name, outputs: schemas, state: stream<ReadingState>() });
  processor.implement(async function* (_: unknown, task: TaskContext<ReadingState>) {
    for await (const step of read(settings, task)) {
      if ("state" in step) yield checkpoint(step.state);
      else if (!(step.record instanceof BadRecordError)) yield { [output]: step.record };
      else if (refused === undefined) throw step.record;
      else yield { [refused]: toRefused(step.record) };
    }
  });
  // The compiler cannot look into streams whose names are parameters.
  return processor as never;
}

type Step = { readonly record: RedisRecord | BadRecordError } | { readonly state: ReadingState };

/** Records, and after those of a batch where reading is; when the next step is asked for that is stored. */
async function* read(
  settings: RedisStreamSettings,
  { signal, log, state, run, processor }: TaskContext<ReadingState>,
): AsyncGenerator<Step> {
  const client = await StreamClient.open(settings, log);
  const stop = () => client.close();
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    const reading = { client, settings, log };
    const start = state ?? (await beginning(reading));
    // From here on another attempt begins where this one did, whatever comes meanwhile.
    if (!state) yield { state: start };
    await noteAsRead(client, settings, start);
    const reader = new EntryReader(client.source, settings);
    const { group } = settings;
    const batches = group === undefined ? readAlone(reading, start) : readInGroup(reading, `${run}:${processor}`, start);
    for await (const batch of batches) {
      yield* recordsOf(batch, reader);
      yield { state: batch.state };
      await noteAsRead(client, settings, batch.state);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    client.close();
  }
}

function* recordsOf({ entries }: Batch, reader: EntryReader): Generator<Step> {
  for (const [id, fields] of entries) if (fields) yield { record: reader.read(String(id), fields) };
}

/** Tells the server what is stored here. */
async function noteAsRead(
  client: StreamClient,
  { stream, group, acknowledge, position }: RedisStreamSettings,
  { after, ids }: ReadingState,
): Promise<void> {
  if (position !== undefined) await client.send("SET", position, after);
  if (group !== undefined && acknowledge === "stored" && ids.length > 0) await client.send("XACK", stream, group, ...ids);
}

export interface RedisAcknowledgeOptions<I extends string = string>
  extends Pick<RedisStreamOptions, "url" | "client" | "stream" | "outageMs"> {
  /** The processor's name. */
  readonly name?: string;
  /** The stream of ids, as records have them. Default `done`. */
  readonly input?: I;
  readonly group: string;
}

/** A processor that acknowledges entries of a group by their ids, once whatever gives them is done with them. */
export function redisAcknowledge<const I extends string = "done">(
  options: RedisAcknowledgeOptions<I>,
): Processor<{ readonly name: string; readonly inputs: Readonly<Record<I, UncheckedSchema<string>>> }> {
  const { name = "redisAcknowledge", input = "done" as I, group } = options;
  const settings = redisStreamSettings(options);
  const processor = new Processor({ name, inputs: { [input]: stream<string>() } });
  const client = depends(async function* () {
    const client = await StreamClient.open(settings);
    try {
      yield client;
    } finally {
      client.close();
    }
  });
  processor.implementBatch({ input, maxSize: 500 }, { client }, async (ids: readonly string[], { client }) => {
    await client.send("XACK", settings.stream, group, ...ids);
  });
  // The compiler cannot look into streams whose names are parameters.
  return processor as never;
}
