import { graphemeColumns, splitGraphemes } from "./label.ts";

/** Widths of the printable ASCII characters of Helvetica in thousandths of an em, from U+0020 on. */
const HELVETICA = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556,
  556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778,
  722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222,
  500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/** Any reader's system font is used, and some run wider than Helvetica (Segoe UI, Verdana's heirs). */
const SLACK = 1.1;
const BOLD_SLACK = 1.18;

/** An upper estimate of a line's width in pixels, for any usual sans-serif font. */
export function textWidth(text: string, fontSize: number, bold = false): number {
  let thousandths = 0;
  for (const grapheme of splitGraphemes(text)) {
    const ascii = grapheme.length === 1 ? HELVETICA[grapheme.charCodeAt(0) - 32] : undefined;
    thousandths += ascii ?? (graphemeColumns(grapheme) === 2 ? 1150 : 640);
  }
  return Math.ceil((thousandths / 1000) * fontSize * (bold ? BOLD_SLACK : SLACK));
}
