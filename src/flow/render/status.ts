import type { RunState, StreamProgress, TaskProgress, TaskState } from "../topology.ts";
import { label } from "./label.ts";

/** The states that have a look of their own; a stream that is open looks as it does without progress. */
export type Tone = TaskState | "plain" | "throttled";

/** A mark beside each state, so that it can be read without colour. */
const MARKS: Readonly<Record<TaskState, string>> = {
  waiting: "◌",
  ready: "○",
  running: "●",
  completed: "✓",
  failed: "✗",
  cancelled: "⊘",
};

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** `● running`, `✗ failed`. */
export function stateText(state: RunState | TaskState): string {
  return `${MARKS[state]} ${state}`;
}

/** `● running`, with how many replicas there are, and the attempt when it is not the first: `● running ×4 · attempt 2`. */
export function taskText({ state, attempt, replicas }: TaskProgress): string {
  const text = replicas === undefined ? stateText(state) : `${stateText(state)} ×${replicas}`;
  return attempt > 1 ? `${text} · attempt ${attempt}` : text;
}

/**
 * A stream's progress in short lines: how it ended or its rate, then what its readers have before them, then for whom
 * its writer waits: `12.3K values · 350/s`, `backlog 40`, `bound grew to 64`, `waits for join`.
 *
 * @param nameColumns the widest name of a processor, in columns
 */
export function streamLines(progress: StreamProgress, nameColumns: number): string[] {
  const parts = [`${number(progress.values)} ${progress.values === 1 ? "value" : "values"}`];
  if (progress.state === "completed") parts[0] = `${MARKS.completed} ${parts[0]}`;
  else if (progress.state !== "open") parts.unshift(stateText(progress.state));
  else if (progress.rate !== undefined) parts.push(`${number(progress.rate)}/s`);
  const lines = [parts.join(" · ")];
  if (progress.backlog > 0) lines.push(`backlog ${number(progress.backlog)}`);
  if (progress.bound !== undefined) lines.push(`bound grew to ${number(progress.bound)}`);
  if (progress.waitsFor !== undefined) lines.push(`waits for ${label(progress.waitsFor, nameColumns)}`);
  return lines;
}

/** The look of a stream: how it ended, or that its writer is held back. */
export function streamTone(progress: StreamProgress | undefined): Tone {
  if (progress === undefined) return "plain";
  if (progress.state !== "open") return progress.state;
  return progress.waitsFor === undefined ? "running" : "throttled";
}

function number(value: number): string {
  return Number.isFinite(value) ? compact.format(value) : "?";
}
