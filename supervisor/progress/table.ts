import type { Progress, StreamProgress, TaskProgress } from "datagraph";
import pc from "picocolors";
import { inColumns, printable, truncate, widthOf } from "./printable.ts";
import type { Rates } from "./rates.ts";

/** What surrounds a run's progress on a screen. */
export interface TableOptions {
  readonly elapsedMs: number;
  readonly rates: Rates;
  readonly columns: number;
  /** Lines, at most. */
  readonly rows: number;
  readonly colours: boolean;
}

/** Marks beside each state, so that it can be read without colour: those of the pictures. */
const MARKS = { waiting: "◌", ready: "○", running: "●", open: "●", completed: "✓", failed: "✗", cancelled: "⊘" } as const;
type State = keyof typeof MARKS;

const MOST_NAME_COLUMNS = 40;
const HEADER_ROWS = 2;

/** A run's progress as the lines of a screen. */
export function progressTable(progress: Progress, options: TableOptions): string[] {
  const { columns, rows, colours } = options;
  const { dim, bold } = pc.createColors(colours);
  const streams = Object.entries(progress.streams);
  const processors = processorLines(progress, options, Math.max(1, Math.floor(rows / 3)));
  const room = Math.max(1, rows - HEADER_ROWS - processors.length);
  const shown = streams.length > room ? streams.slice(0, room - 1) : streams;
  const nameColumns = Math.min(MOST_NAME_COLUMNS, Math.max(6, ...shown.map(([name]) => widthOf(printable(name)))));
  const hidden = streams.length - shown.length;
  return [
    `${paint(progress.state, options)(`${MARKS[progress.state]} ${progress.state}`)} ${dim(duration(options.elapsedMs))}`,
    ...processors,
    bold(truncate(`  ${inColumns("stream", nameColumns)} ${HEADINGS}`, columns)),
    ...shown.map(([name, stream]) => streamLine(name, stream, nameColumns, options)),
    ...(hidden > 0 ? [dim(truncate(`  … and ${hidden} more streams`, columns))] : []),
  ];
}

/** A run's progress in one line, for where lines cannot be redrawn. */
export function progressLine(progress: Progress, { elapsedMs, rates }: Pick<TableOptions, "elapsedMs" | "rates">): string {
  const streams = Object.entries(progress.streams).map(([name, { values }]) => {
    const rate = rates.get(name);
    return `${printable(name)} ${whole(values)}${rate === undefined ? "" : ` (${perSecond(rate)})`}`;
  });
  const failures = Object.entries(progress.tasks).flatMap(([name, { deadLetters }]) =>
    deadLetters === undefined ? [] : [`; ${printable(name)} ${counted(deadLetters, "dead letter", "dead letters")}`],
  );
  return `${progress.state} ${duration(elapsedMs)}: ${streams.join(", ")}${failures.join("")}`;
}

const HEADINGS = `${inColumns("values", 13, "right")} ${inColumns("rate", 11, "right")} ${inColumns("backlog", 9, "right")}  state`;

function streamLine(name: string, stream: StreamProgress, nameColumns: number, options: TableOptions): string {
  const rate = options.rates.get(name);
  const cells = [
    inColumns(printable(name), nameColumns),
    inColumns(whole(stream.values), 13, "right"),
    inColumns(rate === undefined ? "" : perSecond(rate), 11, "right"),
    inColumns(stream.backlog === 0 ? "" : whole(stream.backlog), 9, "right"),
  ];
  const state = stream.waitsFor === undefined ? stream.state : `waits for ${printable(stream.waitsFor)}`;
  const waits = stream.bound === undefined ? state : `${state}, bound grew to ${whole(stream.bound)}`;
  const tone = stream.waitsFor === undefined ? stream.state : "waiting";
  return paint(tone, options)(truncate(`${MARKS[tone]} ${cells.join(" ")}  ${waits}`, options.columns));
}

/** The processors side by side, in as many lines as that takes. */
function processorLines({ tasks }: Progress, options: TableOptions, most: number): string[] {
  const lines: { text: string; width: number }[] = [];
  for (const [name, task] of Object.entries(tasks)) {
    const { state } = task;
    const plain = truncate(`${MARKS[state]} ${printable(name)}${times(task)}${remarks(task)}`, options.columns - 2);
    const text = paint(state, options)(plain);
    const width = widthOf(plain);
    const last = lines.at(-1);
    if (last && last.width + 2 + width <= options.columns) {
      last.text += `  ${text}`;
      last.width += 2 + width;
    } else lines.push({ text, width });
  }
  const shown = lines.slice(0, lines.length > most ? most - 1 : most).map(({ text }) => text);
  return shown.length === lines.length ? shown : [...shown, "…"];
}

/** How many replicas there are, where there are several: ` ×4`. */
function times({ replicas }: TaskProgress): string {
  return replicas === undefined ? "" : ` ×${replicas}`;
}

/** What is out of the ordinary about a processor. */
function remarks({ attempt, retries, deadLetters }: TaskProgress): string {
  const all = [
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(retries === undefined ? [] : [counted(retries, "retry", "retries")]),
    ...(deadLetters === undefined ? [] : [counted(deadLetters, "dead letter", "dead letters")]),
  ];
  return all.length === 0 ? "" : ` (${all.join(", ")})`;
}

function counted(count: number, one: string, several: string): string {
  return `${whole(count)} ${count === 1 ? one : several}`;
}

function paint(state: State, { colours }: Pick<TableOptions, "colours">): (text: string) => string {
  const { green, red, yellow, dim, reset } = pc.createColors(colours);
  const looks = { completed: green, failed: red, cancelled: yellow, waiting: dim, ready: dim, running: reset, open: reset };
  return looks[state];
}

const wholeFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const shortFormat = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

function whole(value: number): string {
  return wholeFormat.format(value);
}

function perSecond(rate: number): string {
  return `${(rate < 100 ? shortFormat : wholeFormat).format(rate)}/s`;
}

/** `0.4 s`, `12.3 s`, `4:05`, `2:00:07`. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
