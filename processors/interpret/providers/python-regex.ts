/*
 * Python's regular expressions as JavaScript's, with the flag `v`. What differs, and is translated: named groups, \A and \Z, `$` before
 * a last line break, Unicode in \d \w \s \b, the line ends that `.`, ^ and $ know, escapes of characters that need none, braces that
 * are no quantifier. Sources: https://docs.python.org/3/library/re.html#regular-expression-syntax, ECMAScript 2024, 22.2.
 */

const WORD = "[\\p{L}\\p{N}_]";
/** The classes as members of a `[…]`, and on their own. */
const classes: Readonly<Record<string, string>> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: WORD,
  W: "[^\\p{L}\\p{N}_]",
  s: "[[\\s\\x1c-\\x1f\\x85]--[\\ufeff]]",
  S: "[^[[\\s\\x1c-\\x1f\\x85]--[\\ufeff]]]",
};
const boundaries: Readonly<Record<string, string>> = {
  b: `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`,
  B: `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))`,
  A: "^",
  Z: "$",
};
const controls: Readonly<Record<string, string>> = { n: "\\n", t: "\\t", r: "\\r", f: "\\f", v: "\\v", a: "\\x07" };

/**
 * @param mode `search` finds the expression anywhere, `match` only at the start (set `lastIndex` to 0).
 * @throws SyntaxError for what is no regular expression, or one that JavaScript's cannot express.
 */
export function pythonRegex(pattern: string, mode: "search" | "match" = "search"): RegExp {
  const flags = /^\(\?([aiLmsux]+)\)/.exec(pattern);
  const given = flags?.[1] ?? "";
  const unknown = [...given].find((flag) => !"imsu".includes(flag));
  if (unknown !== undefined) throw new SyntaxError(`the flag (?${unknown}) is not supported`);
  const translation = new Translation(pattern.slice(flags?.[0].length ?? 0), given);
  return new RegExp(translation.run(), `v${given.includes("i") ? "i" : ""}${mode === "match" ? "y" : ""}`);
}

/** One pass over a pattern, from left to right. */
class Translation {
  readonly #pattern: string;
  readonly #multiline: boolean;
  readonly #dotAll: boolean;
  #at = 0;

  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    this.#multiline = flags.includes("m");
    this.#dotAll = flags.includes("s");
  }

  run(): string {
    let result = "";
    while (this.#at < this.#pattern.length) result += this.#next();
    return result;
  }

  #next(): string {
    const char = this.#take(1);
    switch (char) {
      case "\\":
        return this.#escape();
      case "[":
        return this.#set();
      case "(":
        return this.#group();
      case "{":
        return this.#quantifier();
      case ".":
        return this.#dotAll ? "[\\s\\S]" : "[^\\n]";
      case "^":
        return this.#multiline ? "(?<![^\\n])" : "^";
      case "$":
        return this.#multiline ? "(?![^\\n])" : "(?=\\n?$)";
      case "}":
      case "]":
        return `\\${char}`;
      case "*":
      case "+":
      case "?":
        return `${char}${this.#laziness()}`;
      default:
        return char;
    }
  }

  /** What follows a quantifier: nothing, or `?`. Possessive ones have no counterpart. */
  #laziness(): string {
    if (this.#accept("+")) throw new SyntaxError("possessive quantifiers are not supported");
    return this.#accept("?") ? "?" : "";
  }

  #quantifier(): string {
    const found = /^(\d*)(,?)(\d*)\}/.exec(this.#pattern.slice(this.#at));
    const [whole = "", least = "", comma = "", most = ""] = found ?? [];
    if (least === "" && (comma === "" || most === "")) return "\\{";
    this.#at += whole.length;
    return `{${least || "0"}${comma}${most}}${this.#laziness()}`;
  }

  #group(): string {
    if (!this.#accept("?")) return "(";
    if (this.#accept("P<")) return "(?<";
    if (this.#accept("P=")) return `\\k<${this.#until(")")}>`;
    if (this.#accept("#")) {
      this.#until(")");
      return "(?:)";
    }
    for (const kind of [":", "=", "!", "<=", "<!"]) if (this.#accept(kind)) return `(?${kind}`;
    throw new SyntaxError(`the group (?${this.#pattern.charAt(this.#at)}…) is not supported`);
  }

  #escape(): string {
    const char = this.#take(1);
    if (char === "") throw new SyntaxError("bad escape at the end");
    const special = boundaries[char];
    if (special !== undefined) return special;
    if (/^[0-7]{2}/.test(this.#rest) && /[1-3]/.test(char)) return octalOf(char + this.#take(2));
    if (/[1-9]/.test(char)) return `(?:\\${char}${/^\d/.test(this.#rest) ? this.#take(1) : ""})`;
    return this.#character(char);
  }

  /** An escape that stands for a character or a class of them, in a set or outside. */
  #character(char: string): string {
    const known = classes[char] ?? controls[char];
    if (known !== undefined) return known;
    if (char === "x") return this.#code(2);
    if (char === "u") return this.#code(4);
    if (char === "U") return this.#code(8);
    if (char === "0") return octalOf(`0${this.#octal()}`);
    if (/[A-Za-z]/.test(char)) throw new SyntaxError(`bad escape \\${char}`);
    return literal(char);
  }

  #octal(): string {
    return this.#take(/^[0-7]{1,2}/.exec(this.#rest)?.[0].length ?? 0);
  }

  #code(length: number): string {
    const digits = this.#take(length);
    if (!/^[\da-f]+$/i.test(digits) || digits.length < length) throw new SyntaxError(`incomplete escape \\${digits}`);
    return `\\u{${Number.parseInt(digits, 16).toString(16)}}`;
  }

  /** A `[…]`. A `]` that comes first in it is a character. */
  #set(): string {
    let result = this.#accept("^") ? "[^" : "[";
    let isFirst = true;
    while (isFirst || !this.#rest.startsWith("]")) {
      if (this.#rest === "") throw new SyntaxError("unterminated character set");
      result += this.#member();
      if (/^-[^\]]/s.test(this.#rest)) {
        this.#take(1);
        result += `-${this.#member()}`;
      }
      isFirst = false;
    }
    this.#take(1);
    return `${result}]`;
  }

  #member(): string {
    const char = this.#take(1);
    if (char !== "\\") return literal(char);
    const escaped = this.#take(1);
    return escaped === "b" ? "\\x08" : /[1-7]/.test(escaped) ? octalOf(escaped + this.#octal()) : this.#character(escaped);
  }

  get #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  /** A whole character, where it is one of two units. */
  #take(count: number): string {
    const end = count === 1 && (this.#pattern.codePointAt(this.#at) ?? 0) > 0xffff ? 2 : count;
    const taken = this.#pattern.slice(this.#at, this.#at + end);
    this.#at += end;
    return taken;
  }

  #accept(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #until(end: string): string {
    const found = this.#pattern.indexOf(end, this.#at);
    if (found < 0) throw new SyntaxError(`missing ${end}`);
    const text = this.#pattern.slice(this.#at, found);
    this.#at = found + end.length;
    return text;
  }
}

function octalOf(digits: string): string {
  return `\\u{${Number.parseInt(digits, 8).toString(16)}}`;
}

/** A character as itself, wherever it stands. */
function literal(char: string): string {
  return /^[A-Za-z0-9_\s"']$/.test(char) || char > "\x7f" ? char : `\\u{${char.codePointAt(0)?.toString(16)}}`;
}
