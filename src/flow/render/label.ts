/** Names may be any text; a picture shows them on one line, bounded, and with nothing invisible or active in it. */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * What would break a line, drive a terminal, reorder text or stay invisible: controls, line and paragraph separators,
 * format characters (except the two joiners that emoji and many scripts need), lone surrogates and non-characters.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]|(?!\p{Join_Control})\p{Cf}/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Characters that take two columns in a terminal and about 1 em in a picture. */
const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;

/** More marks on one character than any script needs are a tower over the lines above. */
const MARK_TOWERS = /(\p{M}{4})\p{M}+/gu;

/** Characters of one column may be long (emoji sequences, combining marks), but may not hide kilobytes. */
const MAX_UNITS_PER_COLUMN = 8;

/**
 * The text to show for a name: one line, unsafe characters written as escapes (`\n`, `\u{1b}`), at most `maxColumns`
 * wide. What was cut off is marked with `…`; a name that would look empty is shown in quotes.
 *
 * @param name any text, of any length
 * @param maxColumns the widest result, in columns of a terminal; at least 2
 */
export function label(name: string, maxColumns: number): string {
  // Escaping and segmenting a whole 10 MB name to show 30 columns of it would be a way to stall the caller.
  const head = name.slice(0, maxColumns * MAX_UNITS_PER_COLUMN);
  const safe = head.replace(UNSAFE, escapeCharacter).replace(MARK_TOWERS, "$1…");
  const shown = safe.trim() === "" ? `"${safe}"` : safe;
  return shorten(shown, maxColumns, head.length < name.length);
}

/** Columns that a text takes in a terminal. */
export function columns(text: string): number {
  let total = 0;
  for (const { segment } of graphemes.segment(text)) total += graphemeColumns(segment);
  return total;
}

/** The text with spaces up to `width` columns. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/** 2 for East Asian wide characters and emoji, else 1. */
export function graphemeColumns(grapheme: string): 1 | 2 {
  return WIDE.test(grapheme) ? 2 : 1;
}

/** A text as the characters that a person sees. */
export function* splitGraphemes(text: string): Generator<string> {
  for (const { segment } of graphemes.segment(text)) yield segment;
}

function shorten(text: string, maxColumns: number, cutBefore: boolean): string {
  const limit = maxColumns * MAX_UNITS_PER_COLUMN;
  let shown = "";
  let width = 0;
  let fitting = "";
  for (const grapheme of splitGraphemes(text)) {
    width += graphemeColumns(grapheme);
    if (width > maxColumns || shown.length + grapheme.length > limit) return cut(fitting);
    shown += grapheme;
    if (width <= maxColumns - 1) fitting = shown;
  }
  return cutBefore ? cut(fitting) : shown;
}

function cut(text: string): string {
  return text.endsWith("…") ? text : `${text}…`;
}

function escapeCharacter(character: string): string {
  return SHORT_ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
