import type { Ground, Paint, PaintName } from "./palette.ts";
import { DARK, DARK_GROUND, LIGHT, LIGHT_GROUND } from "./palette.ts";

const FONT =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, Inter, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

/**
 * The style sheet of every SVG. Scoped to `.datagraph`, because an SVG inlined into a page shares its styles, and
 * without CSS variables, which converters outside of browsers do not know; those also ignore the dark half.
 */
export const STYLE = [
  `.datagraph text { font-family: ${FONT}; stroke: none; }`,
  ".datagraph .dg-name { font-size: 14px; font-weight: 600; }",
  ".datagraph .dg-small { font-size: 11px; font-weight: 400; }",
  ".datagraph .dg-stream { font-size: 12px; font-weight: 500; }",
  ".datagraph .dg-caption { font-size: 12px; font-weight: 500; }",
  ".datagraph .dg-shape { stroke-width: 1.5; }",
  ".datagraph .dg-arrow path { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; }",
  ".datagraph .dg-arrow .dg-head { fill: currentColor; stroke-linejoin: round; }",
  ".datagraph .dg-waiting .dg-shape, .datagraph .dg-cancelled .dg-shape { stroke-dasharray: 5 3; }",
  ".datagraph .dg-arrow.dg-cancelled .dg-line { stroke-dasharray: 5 4; }",
  ".datagraph .dg-failed .dg-shape, .datagraph .dg-throttled .dg-shape { stroke-width: 2.2; }",
  ".datagraph .dg-arrow.dg-failed path, .datagraph .dg-arrow.dg-throttled path { stroke-width: 2.2; }",
  ...rules(LIGHT, LIGHT_GROUND),
  "@media (prefers-color-scheme: dark) {",
  ...rules(DARK, DARK_GROUND).map((rule) => `  ${rule}`),
  "}",
].join("\n");

function rules(paints: Readonly<Record<PaintName, Paint>>, ground: Ground): string[] {
  const painted = Object.entries(paints).flatMap(([name, paint]) => [
    `.datagraph .dg-${name} { color: ${paint.line}; }`,
    `.datagraph .dg-${name} .dg-shape { fill: ${paint.fill}; stroke: ${paint.line}; }`,
    `.datagraph .dg-${name} text { fill: ${paint.text}; }`,
  ]);
  return [
    `.datagraph .dg-paper { fill: ${ground.paper}; stroke: ${ground.frame}; }`,
    `.datagraph .dg-group { fill: ${ground.group}; stroke: ${ground.frame}; stroke-width: 1.5; }`,
    `.datagraph .dg-caption-ground { fill: ${ground.group}; }`,
    `.datagraph .dg-caption { fill: ${ground.quiet}; }`,
    ...painted,
    // After the painted ones: a stream without a state of its own stays quiet, on the paper's colour.
    `.datagraph .dg-arrow.dg-plain { color: ${ground.arrow}; }`,
    `.datagraph .dg-plate-stream.dg-plain .dg-shape { fill: ${ground.paper}; stroke: ${ground.arrow}; }`,
    `.datagraph .dg-plate-stream.dg-plain text { fill: ${ground.text}; }`,
  ];
}
