import type { Arrow, Box, End } from "./diagram.ts";
import { label } from "./label.ts";
import type { PaintName } from "./palette.ts";
import { streamLines, streamTone, taskText } from "./status.ts";

/** What is written on each part of a picture, as unescaped lines with the name first, and how it is painted. */
export interface Caption {
  readonly lines: readonly [name: string, ...details: string[]];
  readonly paint: PaintName;
}

export function boxCaption(box: Box, nameColumns: number): Caption {
  const details: string[] = [];
  if (box.wait) details.push("waits for complete inputs");
  if (box.task) details.push(taskText(box.task));
  return { lines: [label(box.name, nameColumns), ...details], paint: box.task?.state ?? "plain" };
}

/** An end keeps its own colour, by which it is found, unless its stream has trouble. */
export function endCaption(end: End, nameColumns: number): Caption {
  const details = end.progress ? streamLines(end.progress, nameColumns) : [];
  const tone = streamTone(end.progress);
  const trouble = tone === "failed" || tone === "cancelled" || tone === "throttled";
  return { lines: [label(end.name, nameColumns), end.kind, ...details], paint: trouble ? tone : end.kind };
}

/** A stream's text where its arrows share it. */
export function arrowCaption(arrow: Arrow, nameColumns: number): Caption {
  const details = arrow.progress ? streamLines(arrow.progress, nameColumns) : [];
  return { lines: [label(arrow.name, nameColumns), ...details], paint: streamTone(arrow.progress) };
}

/** The text of one arrow where each has its own: progress only on the stream's first, the name on all. */
export function arrowLines(arrow: Arrow, nameColumns: number): readonly string[] {
  return arrow.first ? arrowCaption(arrow, nameColumns).lines : [label(arrow.name, nameColumns)];
}

/** Whether a shape's border is dashed: work that has not begun or will not go on, told apart without colour. */
export function isDashed(paint: PaintName): boolean {
  return paint === "waiting" || paint === "cancelled";
}
