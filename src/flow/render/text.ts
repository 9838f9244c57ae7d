import type { Progress, Topology } from "../topology.ts";
import { boxCaption } from "./captions.ts";
import type { Arrow, Box, Diagram } from "./diagram.ts";
import { diagram } from "./diagram.ts";
import { groupBy } from "./group-by.ts";
import { columns, label, pad } from "./label.ts";
import { stateText, streamLines } from "./status.ts";

const NAME_COLUMNS = 28;
/** More readers than this on one line are counted; each of them names the stream at its own box anyway. */
const MAX_READERS = 4;
const INPUT_MARK = "○";
const OUTPUT_MARK = "◎";

/** One processor, ready to be lined up with the others: text per row of its three columns. */
interface Block {
  readonly partition: number;
  readonly inputs: readonly Cell[];
  readonly box: readonly string[];
  readonly outputs: readonly Cell[];
}

interface Cell {
  readonly text: string;
  /** Whether an arrow belongs to this row, or it continues the row above. */
  readonly arrow: boolean;
}

/**
 * A flow as text for a terminal: a box per processor with its inputs on the left and its outputs, with who reads them,
 * on the right; in sections when there is more than one partition; writers before their readers. Plain text in one
 * column per letter, without colours or control characters. Names longer than 28 columns are cut with `…`.
 *
 * @param topology a resolved flow
 * @param progress a run's progress to lay over it: states, values, rates and backlogs
 * @throws DeclarationError when the topology is not one that `resolve()` makes
 */
export function toText(topology: Topology, progress?: Progress): string {
  const picture = diagram(topology, progress);
  const blocks = inOrder(picture).map((box) => block(box, picture));
  const widths = {
    inputs: Math.max(0, ...blocks.flatMap((b) => b.inputs.map((cell) => columns(cell.text)))),
    box: Math.max(0, ...blocks.flatMap((b) => b.box.map(columns))),
  };
  const lines = [title(topology, picture)];
  for (const group of picture.groups) {
    lines.push("", `── ${group.label} ${"─".repeat(Math.max(2, 60 - columns(group.label)))}`);
    for (const b of blocks) if (b.partition === group.partition) lines.push(...drawn(b, widths));
  }
  if (picture.groups.length === 0) lines.push("", ...blocks.flatMap((b) => drawn(b, widths)));
  const kinds = new Set(picture.ends.map((end) => end.kind));
  const legend = [
    ...(kinds.has("input") ? [`${INPUT_MARK} floating input`] : []),
    ...(kinds.has("output") ? [`${OUTPUT_MARK} output of the flow`] : []),
  ];
  if (legend.length > 0) lines.push("", legend.join("   "));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function title(topology: Topology, picture: Diagram): string {
  const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const run = picture.state === undefined ? [] : [`run ${stateText(picture.state)}`];
  return [
    `flow of ${counted(topology.processors.length, "processor")} and ${counted(topology.streams.length, "stream")}`,
    ...run,
  ].join(" · ");
}

function block(box: Box, picture: Diagram): Block {
  const incoming = picture.arrows.filter((arrow) => arrow.to === box.id);
  const outgoing = groupBy(
    picture.arrows.filter((arrow) => arrow.from === box.id),
    (arrow) => arrow.stream,
  );
  const names = new Map(picture.boxes.map((other) => [other.id, label(other.name, NAME_COLUMNS)]));
  return {
    partition: box.partition,
    inputs: incoming.flatMap(inputCells),
    box: boxCaption(box, NAME_COLUMNS).lines,
    outputs: [...outgoing.values()].flatMap((arrows) => outputCells(arrows, names)),
  };
}

/** A stream's progress is shown once: at its writer, or here for a floating input. */
function inputCells(arrow: Arrow): Cell[] {
  const name = label(arrow.name, NAME_COLUMNS);
  if (!arrow.named) return [{ text: `  ${name}`, arrow: true }];
  const notes = arrow.progress ? streamLines(arrow.progress, NAME_COLUMNS) : [];
  return [{ text: `${INPUT_MARK} ${name}`, arrow: true }, ...notes.map((note) => ({ text: `  ${note}`, arrow: false }))];
}

function outputCells(arrows: readonly Arrow[], names: ReadonlyMap<string, string>): Cell[] {
  const [first] = arrows;
  if (!first) return [];
  const readers = arrows.flatMap((arrow) => names.get(arrow.to) ?? []);
  const more = readers.length > MAX_READERS ? ` and ${readers.length - MAX_READERS} more` : "";
  const target = readers.length === 0 ? OUTPUT_MARK : `──▶ ${readers.slice(0, MAX_READERS).join(", ")}${more}`;
  const cells = [{ text: `${label(first.name, NAME_COLUMNS)} ${target}`, arrow: true }];
  if (first.progress) cells.push({ text: streamLines(first.progress, NAME_COLUMNS).join(" · "), arrow: false });
  return cells;
}

function drawn(b: Block, widths: { readonly inputs: number; readonly box: number }): string[] {
  const height = Math.max(b.inputs.length, b.box.length, b.outputs.length, 1);
  const margin = " ".repeat(widths.inputs + 6);
  const rule = "─".repeat(widths.box + 2);
  const rows = Array.from({ length: height }, (_, row) => {
    const input = centred(b.inputs, row, height);
    const output = centred(b.outputs, row, height);
    const left = `  ${pad(input?.text ?? "", widths.inputs)}${input?.arrow ? " ──▶" : "    "}`;
    const right = output === undefined ? "│" : output.arrow ? `├──▶ ${output.text}` : `│    ${output.text}`;
    return `${left}│ ${pad(centred(b.box, row, height) ?? "", widths.box)} ${right}`;
  });
  return [`${margin}╭${rule}╮`, ...rows, `${margin}╰${rule}╯`];
}

/** The item that lies on a row when all of them are centred on the block's height. */
function centred<T>(items: readonly T[], row: number, height: number): T | undefined {
  return items[row - Math.floor((height - items.length) / 2)];
}

/** Writers before their readers; among equals, the order of declaration. */
function inOrder(picture: Diagram): Box[] {
  const depth = new Map(picture.boxes.map((box) => [box.id, 0]));
  const missing = new Map(picture.boxes.map((box) => [box.id, 0]));
  const leaving = groupBy(picture.arrows, (arrow) => arrow.from);
  for (const { from, to } of picture.arrows) if (depth.has(from) && depth.has(to)) missing.set(to, (missing.get(to) ?? 0) + 1);
  const ready = picture.boxes.filter((box) => missing.get(box.id) === 0).map((box) => box.id);
  // The list grows while it is walked: each box joins it when the last of its writers has been seen.
  for (const id of ready) {
    for (const { to } of leaving.get(id) ?? []) {
      const left = (missing.get(to) ?? 0) - 1;
      missing.set(to, left);
      depth.set(to, Math.max(depth.get(to) ?? 0, (depth.get(id) ?? 0) + 1));
      if (left === 0) ready.push(to);
    }
  }
  return picture.boxes.toSorted((a, b) => (depth.get(a.id) ?? 0) - (depth.get(b.id) ?? 0));
}
