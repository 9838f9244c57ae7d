import { CancelledError, type FlowRun, type IO } from "datagraph";
import type { ChosenOutputs } from "../outputs/choose-outputs.ts";
import { OutputClosed } from "../outputs/line-sink.ts";
import type { Surroundings } from "./surroundings.ts";

/** A run with its streams by name. */
export type AnyRun = FlowRun<Readonly<Record<string, IO<unknown>>>>;

/** What becomes of the values of a run's streams. */
export type TakeValues = (stream: string, values: readonly unknown[]) => Promise<void> | void;

/**
 * Prints a run's outputs until it ends.
 *
 * @param cancels whether the run is this command's own: then what ends the command cancels it, and its other streams are
 *   read as well, because a stream that nobody reads holds up its writer sooner or later.
 * @throws what made it fail, or the reason of `stop`. A reader of stdout that leaves ends it quietly.
 */
export function followRun(
  run: AnyRun,
  outputs: ChosenOutputs,
  surroundings: Surroundings,
  { cancels }: { readonly cancels: boolean },
): Promise<void> {
  const { sink, text } = surroundings;
  const wanted = new Set(outputs.names);
  const print: TakeValues = (stream, values) =>
    wanted.has(stream) ? sink.write(values.map((value) => text(stream, value)).join("")) : undefined;
  const streams = Object.keys(run.outputs).filter((name) => cancels || wanted.has(name));
  return readRun(run, streams, print, { ...surroundings, cancels });
}

/** Hands on the values of a run's streams until it ends, as {@link followRun} prints them. */
export async function readRun(
  run: AnyRun,
  streams: readonly string[],
  take: TakeValues,
  { sink, stop, log, cancels }: Pick<Surroundings, "sink" | "stop" | "log"> & { readonly cancels: boolean },
): Promise<void> {
  const ended = AbortSignal.any([stop.signal, sink.closed]);
  const cancel = (reason: string) => {
    if (cancels) run.cancel(reason).catch((error: unknown) => log.warn("The run could not be cancelled", { error }));
  };
  const onEnded = () => cancel(String(ended.reason));
  if (ended.aborted) onEnded();
  ended.addEventListener("abort", onEnded, { once: true });
  const wanted = Object.entries(run.outputs).filter(([name]) => streams.includes(name));
  const readers = wanted.map(([name, io]) =>
    read(io, take).catch((error: unknown) => {
      if (!(error instanceof CancelledError)) cancel(`reading "${name}" failed`);
      throw error;
    }),
  );
  const all = Promise.allSettled([run.done, ...readers]);
  const results = cancels ? await all : await Promise.race([all, aborted(ended)]);
  ended.removeEventListener("abort", onEnded);
  if (ended.aborted) {
    if (ended.reason instanceof OutputClosed) return;
    throw ended.reason;
  }
  // A run that was cancelled because of something else says so only after it.
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length > 0) throw failures.find((failure) => !(failure instanceof CancelledError)) ?? failures[0];
}

async function read(io: IO<unknown>, take: TakeValues): Promise<void> {
  for await (const values of io.batches()) await take(io.name, values);
}

/** Settles, with nothing, when a signal is aborted. */
function aborted(signal: AbortSignal): Promise<[]> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve([]);
    else signal.addEventListener("abort", () => resolve([]), { once: true });
  });
}
