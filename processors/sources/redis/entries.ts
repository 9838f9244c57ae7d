import { JsonError, parseJson } from "../../json/parse.ts";
import { BadRecordError } from "../errors.ts";
import type { RedisStreamSettings } from "./options.ts";

/** What one entry of a stream becomes. */
export interface RedisRecord {
  /** Of the entry, as in `1700000000000-0`. */
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An entry as the server gives it; without fields where it was deleted since it was delivered. */
export type RawEntry = readonly [id: Buffer, fields: readonly Buffer[] | null];

/** Reads the fields of entries. What cannot be read is given as an error, in the place of the record. */
export class EntryReader {
  readonly #source: string;
  readonly #json: ReadonlySet<string>;
  readonly #bytes: ReadonlySet<string>;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });

  constructor(source: string, { json, bytes }: Pick<RedisStreamSettings, "json" | "bytes">) {
    this.#source = source;
    this.#json = new Set(json);
    this.#bytes = new Set(bytes);
  }

  read(id: string, raw: readonly Buffer[]): RedisRecord | BadRecordError {
    const refuse = (problem: string) => new BadRecordError(`${this.#source}, entry ${id}`, problem, {}, textOf(raw));
    const fields = new Map<string, unknown>();
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = this.#text(raw[i]);
      if (name === undefined) return refuse("the name of a field is not UTF-8");
      if (fields.has(name)) return refuse(`it has the field "${name}" twice`);
      const value = this.#value(name, raw[i + 1] ?? Buffer.alloc(0));
      if (typeof value === "string") return refuse(value);
      fields.set(name, value.value);
    }
    // Own properties, whatever their names.
    return { id, fields: Object.fromEntries(fields) };
  }

  /** The value, or what is wrong with it. */
  #value(name: string, raw: Buffer): { readonly value: unknown } | string {
    if (this.#bytes.has(name)) return { value: new Uint8Array(raw) };
    const text = this.#text(raw);
    if (text === undefined) return `the field "${name}" is not UTF-8 ("bytes" names the fields that are bytes)`;
    if (!this.#json.has(name)) return { value: text };
    try {
      return { value: parseJson(text) };
    } catch (error) {
      if (error instanceof JsonError) return `the field "${name}" is not JSON`;
      throw error;
    }
  }

  #text(raw: Buffer | undefined): string | undefined {
    try {
      return this.#decoder.decode(raw);
    } catch {
      return undefined;
    }
  }
}

function textOf(raw: readonly Buffer[]): string {
  return raw.map((part) => part.subarray(0, 1000).toString()).join(" ");
}
