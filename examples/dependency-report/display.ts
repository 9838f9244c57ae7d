import { styleText } from "node:util";
import type { Licence, Readme, Size } from "./streams.ts";
import { bytes, count } from "./text.ts";

/** Shows packages as they come. */
export interface Display {
  show(licence: Licence, size: Size, readme: Readme): void;
  /** Leaves the terminal as it should stay. Safe to call twice. */
  close(): void;
}

/** On a terminal the latest packages, in place; elsewhere a line for each. */
export function displayOn(out: NodeJS.WriteStream): Display {
  return out.isTTY && process.env.TERM !== "dumb" ? new LiveDisplay(out) : new LineDisplay(out);
}

class LineDisplay implements Display {
  readonly #out: NodeJS.WritableStream;

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
  }

  show(...found: Parameters<Display["show"]>): void {
    this.#out.write(`${lineOf(...found)}\n`);
  }

  close(): void {
    this.#out.write("\n");
  }
}

class LiveDisplay implements Display {
  readonly #out: NodeJS.WriteStream;
  readonly #latest: string[] = [];
  #count = 0;
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(...found: Parameters<Display["show"]>): void {
    this.#count++;
    this.#latest.push(lineOf(...found));
    if (this.#latest.length > SHOWN) this.#latest.shift();
    // Packages come faster than anybody can read.
    this.#timer ??= setTimeout(() => this.#draw(), FRAME_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#erase();
  }

  #draw(): void {
    this.#timer = undefined;
    const width = this.#out.columns;
    const lines = [
      `${count(this.#count, "package")} so far`,
      ...this.#latest.map((line) => styleText("dim", line.slice(0, width - 1))),
    ];
    this.#erase();
    this.#out.write(`${lines.join("\n")}\n`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#out.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }
}

function lineOf({ id, licence }: Licence, size: Size, { words }: Readme): string {
  const readme = words === null ? "no readme" : `readme of ${count(words, "word")}`;
  return `  ${id.padEnd(42)}  ${licence.padEnd(18)}  ${bytes(size.bytes).padStart(7)}  ${readme}`;
}

const SHOWN = 8;
const FRAME_MS = 40;
