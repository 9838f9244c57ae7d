import type { Progress, RunState, Topology } from "../topology.ts";
import type { Caption } from "./captions.ts";
import { arrowCaption, boxCaption, endCaption } from "./captions.ts";
import type { Arrow, Box, Diagram, End, Group } from "./diagram.ts";
import { diagram } from "./diagram.ts";
import { groupBy } from "./group-by.ts";
import type { PaintName } from "./palette.ts";
import type { Tone } from "./status.ts";
import { stateText, streamTone } from "./status.ts";
import type { Layout, LayoutEdge, LayoutGroup, LayoutNode } from "./svg-layout.ts";
import { layout } from "./svg-layout.ts";
import type { Line, ShapeKind } from "./svg-shapes.ts";
import { arrowPath, caption, measure, shape } from "./svg-shapes.ts";
import { STYLE } from "./svg-style.ts";
import { titlePlace } from "./svg-titles.ts";
import { textWidth } from "./text-width.ts";

const MARGIN = 22;
const HEADER = 24;
const CAPTION_SIZE = 12;
/** How far a frame's title can move aside for an arrow. */
const ASIDE = 60;
/** Longest names in the picture, in columns; tooltips hold more of them. */
const NAME_COLUMNS = 30;

/** Something with text on it that Graphviz has to place. */
interface Plate {
  readonly id: string;
  readonly kind: ShapeKind;
  readonly paint: PaintName;
  readonly title: string;
  readonly lines: readonly Line[];
  readonly group?: string;
}

interface DrawnLine extends LayoutEdge {
  readonly headed: boolean;
  readonly tone: Tone;
}

/**
 * A flow as a self-contained SVG picture: processors as boxes, streams as arrows with their names on them, floating
 * inputs and outputs of the flow as rounded ends, partitions as frames. It follows the reader's light or dark
 * preference, has no script, link or other active content, and uses the reader's system font. Names longer than 30
 * columns are cut with `…`.
 *
 * @param topology a resolved flow
 * @param progress a run's progress to lay over it: states, values, rates and backlogs, as text and colour
 * @throws DeclarationError when the topology is not one that `resolve()` makes
 * @throws MissingPackageError when the WebAssembly build of Graphviz, loaded on first use, is not installed
 */
export async function toSvg(topology: Topology, progress?: Progress): Promise<string> {
  const picture = diagram(topology, progress);
  const groupOf = new Map(picture.groups.flatMap((group) => group.boxes.map((box) => [box, group.id])));
  const plates = [
    ...picture.boxes.map((box) => boxPlate(box, groupOf)),
    ...picture.ends.map(endPlate),
    ...streamPlates(picture, groupOf),
  ];
  const lines = linesOf(picture);
  const placed = await layout(plates.map(layoutNode), lines, picture.groups.map(layoutGroup));
  return assemble(picture, plates, lines, placed);
}

function boxPlate(box: Box, groupOf: ReadonlyMap<string, string>): Plate {
  const plate = {
    id: box.id,
    kind: "box",
    title: `processor ${box.name}`,
    ...painted(boxCaption(box, NAME_COLUMNS), "name"),
  } as const;
  return { ...plate, ...groupField(groupOf.get(box.id)) };
}

function endPlate(end: End): Plate {
  return { id: end.id, kind: "end", title: `${end.kind} ${end.name}`, ...painted(endCaption(end, NAME_COLUMNS), "name") };
}

/**
 * One plate per stream that no end names: its arrows branch behind it. A plate per arrow would repeat a stream's name and
 * progress at every reader. It lies in the writer's frame when a reader is there too.
 */
function streamPlates(picture: Diagram, groupOf: ReadonlyMap<string, string>): Plate[] {
  return [...branches(picture)].map(([id, arrows]) => {
    const group = groupOf.get(arrows[0].from);
    const inside = arrows.some((arrow) => groupOf.get(arrow.to) === group);
    const plate = {
      id,
      kind: "stream",
      title: `stream ${arrows[0].name}`,
      ...painted(arrowCaption(arrows[0], NAME_COLUMNS), "stream"),
    } as const;
    return { ...plate, ...groupField(inside ? group : undefined) };
  });
}

/** The arrows that share a plate, by its id. */
function branches(picture: Diagram): Map<string, [Arrow, ...Arrow[]]> {
  const unnamed = picture.arrows.filter((arrow) => !arrow.named);
  return groupBy(unnamed, plateId);
}

function plateId(arrow: Arrow): string {
  return `s${arrow.stream}`;
}

function painted({ lines: [name, ...details], paint }: Caption, style: "name" | "stream"): Pick<Plate, "lines" | "paint"> {
  return { paint, lines: [{ text: name, style }, ...details.map((text) => ({ text, style: "small" }) as const)] };
}

function groupField(group: string | undefined): { group?: string } {
  return group === undefined ? {} : { group };
}

function layoutNode(plate: Plate): LayoutNode {
  return { id: plate.id, ...measure(plate.lines, plate.kind), ...groupField(plate.group) };
}

function layoutGroup(group: Group): LayoutGroup {
  return { id: group.id, captionWidth: textWidth(group.label, CAPTION_SIZE) + ASIDE, captionHeight: CAPTION_SIZE + 6 };
}

/** Lines to place: from the writer to its stream's plate, from there to each reader; without a plate, straight. */
function linesOf(picture: Diagram): DrawnLine[] {
  const stems = [...branches(picture)].map(([id, [{ from, progress }]]) => ({
    id: `${id}t`,
    from,
    to: id,
    headed: false,
    tone: streamTone(progress),
  }));
  const heads = picture.arrows.map((arrow) => ({
    id: arrow.id,
    from: arrow.named ? arrow.from : plateId(arrow),
    to: arrow.to,
    headed: true,
    tone: streamTone(arrow.progress),
  }));
  return [...stems, ...heads];
}

function assemble(picture: Diagram, plates: readonly Plate[], lines: readonly DrawnLine[], placed: Layout): string {
  const header = picture.state === undefined ? 0 : HEADER;
  const width = Math.ceil(placed.width + 2 * MARGIN);
  const height = Math.ceil(placed.height + 2 * MARGIN + header);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="datagraph" role="img" aria-label="Data flow of ${picture.boxes.length} processors" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>\n${STYLE}\n</style>`,
    `<rect class="dg-paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="12"/>`,
  ];
  if (picture.state !== undefined) parts.push(runPlate(picture.state));
  parts.push(`<g transform="translate(${MARGIN} ${MARGIN + header})">`);
  for (const group of picture.groups) {
    const rect = placed.groups.get(group.id);
    if (!rect) continue;
    parts.push(
      `<rect class="dg-group" x="${round(rect.x)}" y="${round(rect.y)}" width="${round(rect.width)}" height="${round(rect.height)}" rx="10"/>`,
    );
  }
  for (const line of lines) {
    const curve = placed.curves.get(line.id);
    if (curve) parts.push(`<g class="dg-arrow dg-${line.tone}">${arrowPath(curve, line.headed)}</g>`);
  }
  for (const group of picture.groups) {
    const rect = placed.groups.get(group.id);
    if (rect) parts.push(caption(group.label, titlePlace(rect, textWidth(group.label, CAPTION_SIZE), placed.curves.values())));
  }
  for (const plate of plates) {
    const rect = placed.nodes.get(plate.id);
    if (rect) parts.push(shape(plate, rect));
  }
  parts.push("</g>", "</svg>");
  return `${parts.join("\n")}\n`;
}

function runPlate(state: RunState): string {
  const lines: Line[] = [{ text: `run ${stateText(state)}`, style: "stream" }];
  return shape(
    { kind: "stream", paint: state, title: `run ${state}`, lines },
    { x: MARGIN, y: MARGIN - 6, ...measure(lines, "stream") },
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
