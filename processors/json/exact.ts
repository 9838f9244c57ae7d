type Container = { readonly list: unknown[] } | { readonly map: Record<string, unknown>; key: string | undefined };

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads text that is known to be JSON, with numbers of their own kinds. Without recursion: depth costs no stack.
 *
 * @param text what `JSON.parse` has accepted.
 */
export function parseExactly(text: string): unknown {
  const root: unknown[] = [];
  const open: Container[] = [];
  let inner: Container = { list: root };
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === OPEN_LIST || code === OPEN_MAP) {
      const value = code === OPEN_LIST ? [] : {};
      put(inner, value);
      open.push(inner);
      inner = Array.isArray(value) ? { list: value } : { map: value, key: undefined };
      at++;
    } else if (code === CLOSE_LIST || code === CLOSE_MAP) {
      inner = open.pop() ?? inner;
      at++;
    } else if (code === COMMA || code === COLON || code <= 0x20) {
      at++;
    } else {
      const end = code === QUOTE ? endOfString(text, at) : endOfWord(text, at);
      const token = text.slice(at, end);
      if (code === QUOTE) putText(inner, JSON.parse(token) as string);
      else put(inner, readWord(token));
      at = end;
    }
  }
  return root[0];
}

/** A string is a key where a map waits for one. */
function putText(inner: Container, text: string): void {
  if ("map" in inner && inner.key === undefined) inner.key = text;
  else put(inner, text);
}

function put(inner: Container, value: unknown): void {
  if ("list" in inner) {
    inner.list.push(value);
    return;
  }
  const { map, key = "" } = inner;
  if (key === "__proto__") Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  else map[key] = value;
  inner.key = undefined;
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
}

function endOfWord(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && !isEnd(text.charCodeAt(at))) at++;
  return at;
}

function isEnd(code: number): boolean {
  return code === COMMA || code === CLOSE_LIST || code === CLOSE_MAP || code <= 0x20;
}

function readWord(token: string): unknown {
  if (token === "true") return true;
  if (token === "false") return false;
  if (token === "null") return null;
  const number = Number(token);
  if (/[.eE]/.test(token)) return Number.isInteger(number) || !Number.isFinite(number) ? { float: number } : number;
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
  return BigInt(token);
}
