import type { EncodedChunk } from "./redis-stream.ts";
import type { RunState } from "./run-state.ts";

/** What the processes of a run tell each other; all of them hints. */
export type News =
  /**
   * `t:{stream}:{values}`, and where a small chunk came last `:{count}:{bytes}:{body}`: a stream has so many values. With a `T` those who
   * are told this will be told of the next ones, too.
   */
  | {
      readonly kind: "values";
      readonly stream: number;
      readonly values: number;
      readonly isToldOn: boolean;
      readonly chunk?: EncodedChunk;
    }
  /** `c:{stream}`: there may be room in a stream. */
  | { readonly kind: "room" }
  /** `l:{revision}:{the transition before}`, and unless its ledger is long `:{stream}={values},…:{ledger}`, with the streams that it concerns. */
  | { readonly kind: "ledger"; readonly revision: number; readonly since: number; readonly state?: RunState }
  /** `s`: those who share a task may have something to do. */
  | { readonly kind: "shares" }
  /** `w:{process}`: a process asks who waits. */
  | { readonly kind: "waits"; readonly by: string };

/** A message: `{length of the name}:{name of the run's hash}{news}`. */
export function addressed(message: Buffer): { readonly hash: string; readonly news: Buffer } {
  const from = message.indexOf(COLON) + 1;
  const until = from + Number(message.toString("latin1", 0, from - 1));
  return { hash: message.toString("utf8", from, until), news: message.subarray(until) };
}

/** Reads news; those of an unknown kind says that something has changed. */
export function readNews(message: Buffer): News {
  const fields = new Fields(message);
  const kind = fields.next();
  if (kind === "t" || kind === "T") return valuesNews(fields, kind === "T");
  if (kind === "l") return ledgerNews(fields);
  if (kind === "s") return { kind: "shares" };
  return kind === "w" ? { kind: "waits", by: fields.rest().toString() } : { kind: "room" };
}

function valuesNews(fields: Fields, isToldOn: boolean): News {
  const [stream, values] = [Number(fields.next()), Number(fields.next())];
  if (fields.ended) return { kind: "values", stream, values, isToldOn };
  const [count, bytesAfter] = [Number(fields.next()), Number(fields.next())];
  return { kind: "values", stream, values, isToldOn, chunk: { first: values - count, count, bytesAfter, body: fields.rest() } };
}

function ledgerNews(fields: Fields): News {
  const [revision, since] = [Number(fields.next()), Number(fields.next())];
  if (fields.ended) return { kind: "ledger", revision, since };
  const told = fields.next();
  const tops = told === "" ? [] : told.split(",").map((each) => each.split("=").map(Number));
  const state = {
    revision,
    ledger: fields.rest().toString(),
    tops: new Map(tops.map(([stream = 0, values = 0]) => [stream, { values }])),
  };
  return { kind: "ledger", revision, since, state };
}

/** The parts of a message between colons. The last one may be anything. */
class Fields {
  readonly #message: Buffer;
  #at = 0;

  constructor(message: Buffer) {
    this.#message = message;
  }

  get ended(): boolean {
    return this.#at >= this.#message.length;
  }

  next(): string {
    const colon = this.#message.indexOf(COLON, this.#at);
    const end = colon < 0 ? this.#message.length : colon;
    const field = this.#message.toString("latin1", this.#at, end);
    this.#at = end + 1;
    return field;
  }

  rest(): Buffer {
    return this.#message.subarray(this.#at);
  }
}

const COLON = 0x3a;
