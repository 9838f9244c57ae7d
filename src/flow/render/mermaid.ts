import type { Progress, Topology } from "../topology.ts";
import { arrowLines, boxCaption, endCaption, isDashed } from "./captions.ts";
import type { Arrow, Box, Diagram, End } from "./diagram.ts";
import { diagram } from "./diagram.ts";
import { groupBy } from "./group-by.ts";
import type { PaintName } from "./palette.ts";
import { LIGHT, LIGHT_GROUND } from "./palette.ts";
import { stateText, streamTone } from "./status.ts";

const NAME_COLUMNS = 40;

/**
 * A flow as a Mermaid flowchart, as GitHub and others show it in Markdown. Names longer than 40 columns are cut with `…`.
 * Mermaid itself refuses more than 500 arrows (`maxEdges`); SVG has no such limit.
 *
 * @param topology a resolved flow
 * @param progress a run's progress to lay over it: states, values, rates and backlogs, as text and colour
 * @throws DeclarationError when the topology is not one that `resolve()` makes
 */
export function toMermaid(topology: Topology, progress?: Progress): string {
  const picture = diagram(topology, progress);
  const grouped = new Set(picture.groups.flatMap((group) => group.boxes));
  const boxes = new Map(picture.boxes.map((box) => [box.id, boxLine(box)]));
  const lines = [
    "flowchart LR",
    ...(picture.state === undefined ? [] : [`  run{{"run ${stateText(picture.state)}"}}:::${picture.state}`]),
    ...picture.ends.filter((end) => end.kind === "input").map(endLine),
    ...picture.boxes.filter((box) => !grouped.has(box.id)).map((box) => `  ${boxes.get(box.id)}`),
    ...picture.groups.flatMap((group) => [
      `  subgraph ${group.id}["${escapeMermaid(group.label)}"]`,
      ...group.boxes.map((id) => `    ${boxes.get(id)}`),
      "  end",
    ]),
    ...picture.ends.filter((end) => end.kind === "output").map(endLine),
    ...picture.arrows.map(arrowLine),
    ...styles(picture),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * Text inside a quoted Mermaid label. Everything but letters, marks, digits, emoji and harmless punctuation becomes a
 * numeric entity: quotes, `#`, `%%` (comments and directives), `<` (labels are HTML), back-ticks and `*` (Markdown).
 */
function escapeMermaid(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}\p{Emoji_Presentation}\p{Join_Control} ,.…·○●◌✓✗⊘-]|--+/gu, (unsafe) =>
    Array.from(unsafe, (character) => `#${character.codePointAt(0)};`).join(""),
  );
}

function boxLine(box: Box): string {
  const { lines, paint } = boxCaption(box, NAME_COLUMNS);
  return `${box.id}(${quoted(lines)}):::${paint}`;
}

function endLine(end: End): string {
  const { lines, paint } = endCaption(end, NAME_COLUMNS);
  return `  ${end.id}([${quoted(lines)}]):::${paint}`;
}

function arrowLine(arrow: Arrow): string {
  if (arrow.named) return `  ${arrow.from} --> ${arrow.to}`;
  return `  ${arrow.from} -->|${quoted(arrowLines(arrow, NAME_COLUMNS))}| ${arrow.to}`;
}

function quoted(texts: readonly string[]): string {
  return `"${texts.map(escapeMermaid).join("<br/>")}"`;
}

/** Only the classes that occur, and one line per look of arrows. */
function styles(picture: Diagram): string[] {
  const used = new Set<PaintName>([
    ...picture.boxes.map((box) => boxCaption(box, NAME_COLUMNS).paint),
    ...picture.ends.map((end) => endCaption(end, NAME_COLUMNS).paint),
    ...(picture.state === undefined ? [] : [picture.state]),
  ]);
  const classes = [...used].sort().map((name) => {
    const { fill, line, text } = LIGHT[name];
    const dashes = isDashed(name) ? ",stroke-dasharray:5 3" : "";
    return `  classDef ${name} fill:${fill},stroke:${line},color:${text}${dashes}`;
  });
  const indexes = groupBy(picture.arrows.keys(), (index) => streamTone(picture.arrows[index]?.progress));
  const links = [...indexes].flatMap(([tone, which]) =>
    tone === "plain" ? [] : [`  linkStyle ${which.join(",")} stroke:${LIGHT[tone].line},stroke-width:2px`],
  );
  // Without these, frames are bright yellow in Mermaid's own theme; transparent ones suit a dark page too.
  const frames = picture.groups.map((group) => `  style ${group.id} fill:transparent,stroke:${LIGHT_GROUND.arrow}`);
  return [...classes, ...frames, ...links];
}
