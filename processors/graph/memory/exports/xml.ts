/// <reference lib="es2024.string" />

/** A text as it may stand in XML 1.0, also in an attribute. Characters that XML cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text
    .toWellFormed()
    .replaceAll(FORBIDDEN, "\uFFFD")
    .replaceAll(ESCAPED, (character) => ESCAPES[character] ?? `&#${character.charCodeAt(0)};`);
}

/** An element with attributes; `undefined` ones are left out. Its content is XML already. */
export function element(name: string, attributes: Readonly<Record<string, string | undefined>>, content?: string): string {
  const written = Object.entries(attributes)
    .map(([attribute, value]) => (value === undefined ? "" : ` ${attribute}="${escapeXml(value)}"`))
    .join("");
  return content === undefined ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
/** White space of an attribute would be made blanks. */
const ESCAPED = /[&<>"\t\n\r]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML 1.0 has no place for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the union of the above, and halves of surrogate pairs
const SPECIAL = /[&<>"\u0000-\u001f\ufffe\uffff\ud800-\udfff]/;
