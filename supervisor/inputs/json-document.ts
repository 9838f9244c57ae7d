import { UsageError } from "../exit-codes.ts";
import { shorten } from "./input-arguments.ts";
import { MAX_VALUE_CHARS } from "./json-lines.ts";

/**
 * The values of one JSON document: the elements of an array, each as soon as it is there and without holding the others;
 * anything else is one value.
 *
 * @throws UsageError with the number of the line where the value begins.
 */
export async function* jsonDocument(text: AsyncIterable<string>, label: string): AsyncGenerator<unknown, void, undefined> {
  const splitter = new ArraySplitter(label);
  let isArray: boolean | undefined;
  let whole = "";
  for await (const chunk of text) {
    isArray ??= /^\s*$/.test(chunk) ? undefined : /^\s*\[/.test(chunk);
    if (isArray !== false) yield* splitter.push(chunk);
    else whole += chunk;
    if (whole.length > MAX_VALUE_CHARS)
      throw new UsageError(`${label}: expected a JSON array or a smaller value, found one of more than 64 MiB.`);
  }
  if (isArray !== false) return splitter.end();
  try {
    yield JSON.parse(whole);
  } catch {
    throw new UsageError(
      `${label}: expected one JSON document, found ${shorten(whole.trim())}. JSON Lines are read from a file with another ending, as .jsonl.`,
    );
  }
}

/** Cuts the text of a JSON array into its elements, which `JSON.parse` then checks. */
class ArraySplitter {
  readonly #label: string;
  #state: "before" | "inside" | "after" = "before";
  #depth = 0;
  #inString = false;
  #escaped = false;
  #line = 1;
  /** The text of the element so far, from earlier chunks. */
  #element = "";
  #count = 0;

  constructor(label: string) {
    this.#label = label;
  }

  *push(chunk: string): Generator<unknown, void, undefined> {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const char = chunk.charAt(i);
      if (char === "\n") this.#line++;
      const cut = this.#state === "inside" ? this.#isCut(char) : this.#outside(char);
      if (!cut) continue;
      if (this.#state === "inside") yield* this.#take(chunk.slice(start, i), char === "]");
      this.#state = char === "]" ? "after" : "inside";
      start = i + 1;
    }
    if (this.#state === "inside") this.#element += chunk.slice(start);
    if (this.#element.length > MAX_VALUE_CHARS) this.#fail("a value of more than 64 MiB");
  }

  /** @throws UsageError when the array is not complete. */
  end(): void {
    if (this.#state !== "after") this.#fail("the end of the text before the end of the array");
  }

  /** Around the array there is nothing but space; true where the array begins. */
  #outside(char: string): boolean {
    if (char === "[" && this.#state === "before") return true;
    if (char.trim() !== "") this.#fail(`${JSON.stringify(char)} behind the array`);
    return false;
  }

  /** Whether this character ends an element. */
  #isCut(char: string): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (char === "\\") this.#escaped = true;
      else if (char === '"') this.#inString = false;
      return false;
    }
    if (char === '"') this.#inString = true;
    else if (char === "[" || char === "{") this.#depth++;
    else if (this.#depth === 0) return char === "," || char === "]";
    else if (char === "]" || char === "}") this.#depth--;
    return false;
  }

  *#take(tail: string, last: boolean): Generator<unknown, void, undefined> {
    const text = this.#element + tail;
    this.#element = "";
    if (last && this.#count === 0 && text.trim() === "") return;
    this.#count++;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#line -= text.trimStart().split("\n").length - 1;
      this.#fail(shorten(text.trim()));
    }
    yield value;
  }

  #fail(found: string): never {
    throw new UsageError(`${this.#label}:${this.#line}: expected a JSON array of values, found ${found}.`);
  }
}
