import stringWidth from "string-width";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STYLES = /\u001b\[[0-?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text that cannot steer a terminal: without styles and moves, and with marks in place of other control characters. */
export function printable(text: string, { lines = false }: { lines?: boolean } = {}): string {
  return text.replace(STYLES, "").replace(CONTROLS, (char) => (lines && (char === "\n" || char === "\t") ? char : "�"));
}

const graphemes = new Intl.Segmenter();

/** Text in a column of so many cells: filled up with spaces, or cut with an ellipsis. */
export function inColumns(text: string, width: number, align: "left" | "right" = "left"): string {
  const cut = truncate(text, width);
  const space = " ".repeat(Math.max(0, width - stringWidth(cut)));
  return align === "left" ? cut + space : space + cut;
}

/** Text in at most so many cells. */
export function truncate(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    cut += segment;
  }
  return width > 0 ? `${cut}…` : "";
}

export function widthOf(text: string): number {
  return stringWidth(text);
}
