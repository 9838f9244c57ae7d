import type { Log } from "datagraph";
import type { ChosenOutputs } from "../outputs/choose-outputs.ts";
import { type LineSink, lineSink } from "../outputs/line-sink.ts";
import { jsonText, readableText, type ValueText } from "../outputs/value-text.ts";
import type { Display } from "../progress/display.ts";
import type { Stop } from "./stop.ts";

/** What a run is shown with. */
export interface Surroundings {
  readonly sink: LineSink;
  readonly text: ValueText;
  readonly display: Display;
  readonly log: Log;
  readonly stop: Stop;
}

export function sinkFor(display: Display): LineSink {
  return process.stdout.isTTY ? lineSink(process.stdout, (write) => display.around(write)) : lineSink(process.stdout);
}

/** @param json asked for on a terminal too. */
export function textFor({ tagged }: ChosenOutputs, json: boolean): ValueText {
  const { stdout } = process;
  if (json || !stdout.isTTY) return jsonText(tagged);
  return readableText(tagged, { colours: stdout.hasColors?.() ?? false, columns: () => stdout.columns || 80 });
}
