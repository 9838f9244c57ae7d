import { label } from "./label.ts";
import type { Point, Rect } from "./svg-layout.ts";
import { textWidth } from "./text-width.ts";

/** A line of text on a shape; the styles are those of the style sheet. */
export interface Line {
  readonly text: string;
  readonly style: "name" | "stream" | "small";
}

export type ShapeKind = "box" | "end" | "stream";

const FONT_SIZE: Readonly<Record<Line["style"], number>> = { name: 14, stream: 12, small: 11 };
const LINE_HEIGHT: Readonly<Record<Line["style"], number>> = { name: 18, stream: 15, small: 15 };
const PADDING: Readonly<Record<ShapeKind, Point>> = { box: [16, 11], end: [20, 7], stream: [10, 4] };
/** Names on the tooltip, in columns. */
const TITLE_COLUMNS = 300;
const HEAD_LENGTH = 8;
const HEAD_WIDTH = 7;

/** The size of a shape around its lines. */
export function measure(lines: readonly Line[], kind: ShapeKind): { width: number; height: number } {
  const [horizontal, vertical] = PADDING[kind];
  const width = Math.max(...lines.map((line) => textWidth(line.text, FONT_SIZE[line.style], line.style === "name")));
  return { width: width + 2 * horizontal, height: textHeight(lines) + 2 * vertical };
}

/** A rounded rectangle with its lines centred on it, and a tooltip. */
export function shape(
  plate: { readonly kind: ShapeKind; readonly paint: string; readonly title: string; readonly lines: readonly Line[] },
  rect: Rect,
): string {
  const radius = plate.kind === "box" ? 9 : plate.kind === "end" ? Math.min(rect.height / 2, 24) : Math.min(rect.height / 2, 9);
  const middle = rect.x + rect.width / 2;
  let top = rect.y + (rect.height - textHeight(plate.lines)) / 2;
  const texts = plate.lines.map(({ text, style }) => {
    const baseline = top + LINE_HEIGHT[style] / 2 + FONT_SIZE[style] * 0.35;
    top += LINE_HEIGHT[style];
    return `<text class="dg-${style}" x="${round(middle)}" y="${round(baseline)}" text-anchor="middle">${escapeXml(text)}</text>`;
  });
  return (
    `<g class="dg-plate-${plate.kind} dg-${plate.paint}"><title>${escapeXml(label(plate.title, TITLE_COLUMNS))}</title>` +
    `<rect class="dg-shape" x="${round(rect.x)}" y="${round(rect.y)}" width="${round(rect.width)}" height="${round(rect.height)}" rx="${round(radius)}"/>` +
    `${texts.join("")}</g>`
  );
}

/** A quiet line of text, on its frame's colour: should an arrow pass there, it passes behind it. */
export function caption(text: string, { x, y, width, height }: Rect): string {
  return (
    `<rect class="dg-caption-ground" x="${round(x - 3)}" y="${round(y)}" width="${round(width + 6)}" height="${round(height)}" rx="3"/>` +
    `<text class="dg-caption" x="${round(x)}" y="${round(y + 13)}">${escapeXml(text)}</text>`
  );
}

/** A curve, with an arrowhead at its end when `headed`. Every curve arrives from the left, so the head points right. */
export function arrowPath(curve: readonly Point[], headed: boolean): string {
  const [start, ...rest] = curve;
  if (!start) return "";
  const tip = rest.at(-1) ?? start;
  const end: Point = headed ? [tip[0] - HEAD_LENGTH, tip[1]] : tip;
  const points = [...rest.slice(0, -1), end].map(pair).join(" ");
  const line = `<path class="dg-line" d="M${pair(start)} C${points}"/>`;
  if (!headed) return line;
  const [x, y] = end;
  return `${line}<path class="dg-head" d="M${pair([x, y - HEAD_WIDTH / 2])} L${pair(tip)} L${pair([x, y + HEAD_WIDTH / 2])} Z"/>`;
}

/** Text as the content of an element or of a quoted attribute. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function textHeight(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + LINE_HEIGHT[line.style], 0);
}

function pair([x, y]: Point): string {
  return `${round(x)},${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
