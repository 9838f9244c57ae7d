import type { Progress, Topology } from "../topology.ts";
import { arrowLines, boxCaption, endCaption, isDashed } from "./captions.ts";
import type { Arrow, Box, End } from "./diagram.ts";
import { diagram } from "./diagram.ts";
import type { PaintName } from "./palette.ts";
import { LIGHT, LIGHT_GROUND } from "./palette.ts";
import { stateText, streamTone } from "./status.ts";

const NAME_COLUMNS = 40;
const FONT = 'fontname="Helvetica,Arial,sans-serif"';

/**
 * A flow in Graphviz's DOT language. Names longer than 40 columns are cut with `…`.
 *
 * @param topology a resolved flow
 * @param progress a run's progress to lay over it: states, values, rates and backlogs, as text and colour
 * @throws DeclarationError when the topology is not one that `resolve()` makes
 */
export function toDot(topology: Topology, progress?: Progress): string {
  const picture = diagram(topology, progress);
  const grouped = new Set(picture.groups.flatMap((group) => group.boxes));
  const boxes = new Map(picture.boxes.map((box) => [box.id, boxLine(box)]));
  const lines = [
    "digraph flow {",
    `  graph [rankdir=LR, bgcolor="transparent", nodesep=0.3, ranksep=0.6, ${FONT}, fontsize=11, fontcolor="${LIGHT_GROUND.quiet}"];`,
    `  node [shape=box, style="rounded,filled", margin="0.2,0.11", ${FONT}, fontsize=12];`,
    `  edge [color="${LIGHT_GROUND.arrow}", arrowsize=0.7, ${FONT}, fontsize=10, fontcolor="${LIGHT_GROUND.text}"];`,
    ...(picture.state === undefined ? [] : [`  label=${quoted([`run ${stateText(picture.state)}`])}; labelloc=t; labeljust=l;`]),
    ...picture.boxes.filter((box) => !grouped.has(box.id)).map((box) => `  ${boxes.get(box.id)}`),
    ...picture.groups.flatMap((group) => [
      `  subgraph cluster_${group.id} {`,
      `    label=${quoted([group.label])}; labeljust=l; style="rounded,filled"; color="${LIGHT_GROUND.frame}"; fillcolor="${LIGHT_GROUND.group}"; margin=14;`,
      ...group.boxes.map((id) => `    ${boxes.get(id)}`),
      "  }",
    ]),
    ...picture.ends.map(endLine),
    ...picture.arrows.map(arrowLine),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** Lines as a DOT string. Labels expand `\N` and HTML entities such as `&quot;`, so both their beginnings are escaped. */
function quoted(texts: readonly string[]): string {
  const escaped = texts.map((text) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("&", "&amp;"));
  return `"${escaped.join("\\n")}"`;
}

function boxLine(box: Box): string {
  const { lines, paint } = boxCaption(box, NAME_COLUMNS);
  const style = isDashed(paint) ? ', style="rounded,filled,dashed"' : "";
  return `${box.id} [label=${quoted(lines)}, ${colours(paint)}${style}];`;
}

function endLine(end: End): string {
  const { lines, paint } = endCaption(end, NAME_COLUMNS);
  return `  ${end.id} [shape=oval, style=filled, label=${quoted(lines)}, ${colours(paint)}];`;
}

function colours(name: PaintName): string {
  const { fill, line, text } = LIGHT[name];
  return `fillcolor="${fill}", color="${line}", fontcolor="${text}"`;
}

function arrowLine(arrow: Arrow): string {
  const tone = streamTone(arrow.progress);
  const attributes: string[] = [];
  if (!arrow.named) attributes.push(`label=${quoted(arrowLines(arrow, NAME_COLUMNS))}`);
  if (tone !== "plain") attributes.push(`color="${LIGHT[tone].line}"`, "penwidth=1.6");
  return `  ${arrow.from} -> ${arrow.to}${attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`};`;
}
