import { EncodingError } from "../../errors.ts";
import type { Codec } from "../codecs/codec.ts";
import type { ShareOutputs, Sharing, Span } from "../share.ts";
import { totalBytes } from "../size.ts";

/** What one command stores. */
export interface DoneSpans {
  readonly spans: readonly Span[];
  /** What came of them: of which span (its place among them), for which stream, how many values, their bytes. */
  readonly chunks: readonly {
    readonly span: number;
    readonly stream: number;
    readonly count: number;
    readonly body: Uint8Array;
  }[];
  readonly back: readonly Span[];
}

interface ResultSettings {
  readonly codec: Codec;
  readonly maxValueBytes: number;
  /** Of the outputs, for messages. */
  readonly names: readonly string[];
}

interface Result {
  readonly span: Span;
  readonly outputs: ShareOutputs;
}

/** What is done and not stored yet. What comes while a command is under way goes together with the next. */
export class ShareResults {
  readonly #ordered: boolean;
  readonly #settings: ResultSettings;
  #results: Result[] = [];
  #back: Span[] = [];
  #values = 0;
  #bytes = 0;

  constructor({ order }: Sharing, settings: ResultSettings) {
    this.#ordered = order === "input";
    this.#settings = settings;
  }

  add(span: Span, outputs: ShareOutputs): void {
    this.#results.push({ span, outputs });
    this.#values++;
    for (const values of outputs.values()) {
      this.#values += values.length;
      this.#bytes += totalBytes(values);
    }
  }

  giveBack(spans: readonly Span[]): void {
    this.#back.push(...spans);
  }

  /** Whether so much waits that no more should be made meanwhile. */
  get isLarge(): boolean {
    return this.#values >= MOST_VALUES || this.#bytes >= MOST_BYTES;
  }

  /** All of it, to be stored now; `undefined` when there is nothing. @throws EncodingError. */
  next(): DoneSpans | undefined {
    const [results, back] = [this.#results, this.#back];
    if (results.length === 0 && back.length === 0) return undefined;
    this.#results = [];
    this.#back = [];
    this.#values = this.#bytes = 0;
    const groups = this.#ordered ? contiguous(results) : [{ spans: joined(results), outputs: together(results) }];
    const spans = groups.flatMap((group) => group.spans);
    let first = 0;
    const chunks = groups.flatMap(({ spans, outputs }) => {
      const span = first;
      first += spans.length;
      return [...outputs].flatMap(([stream, values]) =>
        this.#encode(values).map(({ count, body }) => ({ span, stream, count, body })),
      );
    });
    return { spans, chunks, back };
  }

  #encode(values: readonly unknown[]): { count: number; body: Uint8Array }[] {
    if (values.length === 0) return [];
    const { codec, maxValueBytes, names } = this.#settings;
    const body = codec.encode(values);
    if (values.length > 1 && (body.length > CHUNK_BYTES || values.length > CHUNK_VALUES)) {
      const middle = Math.ceil(values.length / 2);
      return [...this.#encode(values.slice(0, middle)), ...this.#encode(values.slice(middle))];
    }
    if (body.length > maxValueBytes) throw EncodingError.tooLarge(names.join(", "), body.length, maxValueBytes);
    return [{ count: values.length, body }];
  }
}

/** Spans that follow one another become one, with what came of them in their order. */
function contiguous(results: readonly Result[]): { spans: readonly Span[]; outputs: ShareOutputs }[] {
  const sorted = [...results].sort((a, b) => a.span.from - b.span.from);
  const groups: Result[][] = [];
  let until = -1;
  for (const result of sorted) {
    if (result.span.from === until) groups.at(-1)?.push(result);
    else groups.push([result]);
    until = result.span.until;
  }
  return groups.map((group) => ({ spans: joined(group), outputs: together(group) }));
}

function together(results: readonly Result[]): ShareOutputs {
  const all = new Map<number, unknown[]>();
  for (const { outputs } of results) {
    for (const [stream, values] of outputs) {
      const known = all.get(stream);
      if (known) for (const value of values) known.push(value);
      else all.set(stream, [...values]);
    }
  }
  return all;
}

/** The same spans, those that follow one another as one. */
function joined(results: readonly Result[]): Span[] {
  const sorted = results.map(({ span }) => span).sort((a, b) => a.lane - b.lane || a.from - b.from);
  const found: Span[] = [];
  for (const { lane, from, until } of sorted) {
    const last = found.at(-1);
    if (last && last.lane === lane && last.until === from) found[found.length - 1] = { lane, from: last.from, until };
    else found.push({ lane, from, until });
  }
  return found;
}

const CHUNK_VALUES = 2048;
const CHUNK_BYTES = 1024 * 1024;
const MOST_VALUES = 4096;
const MOST_BYTES = 4 * 1024 * 1024;
