/** What may come next in JSON. */
type Expected = "value" | "value or ]" | "key or }" | "key" | ":" | ", or end";

const BLANK = /[ \t\r\n]*/y;
const SCALAR =
  /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where text stops being JSON, as an index: not every version of Node says it. To be asked only about text that `JSON.parse` refuses.
 */
export function findJsonFault(text: string): number {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = match(BLANK, text, 0);
  while (at < text.length) {
    const character = text.charAt(at);
    let end = at + 1;
    if (expected === ":" && character === ":") expected = "value";
    else if (expected === ", or end" && character === "," && open.length > 0) expected = open.at(-1) === "{" ? "key" : "value";
    else if ((character === "}" && mayClose(expected, "{", open)) || (character === "]" && mayClose(expected, "[", open))) {
      open.pop();
      expected = ", or end";
    } else if (expected.startsWith("value") && (character === "{" || character === "[")) {
      open.push(character);
      expected = character === "{" ? "key or }" : "value or ]";
    } else if (expected.startsWith("value") || (expected.startsWith("key") && character === '"')) {
      end = match(SCALAR, text, at);
      if (end === at) return at;
      expected = expected.startsWith("key") ? ":" : ", or end";
    } else return at;
    at = match(BLANK, text, end);
  }
  return text.length;
}

function mayClose(expected: Expected, opened: "{" | "[", open: readonly string[]): boolean {
  return open.at(-1) === opened && (expected === ", or end" || expected === (opened === "{" ? "key or }" : "value or ]"));
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
