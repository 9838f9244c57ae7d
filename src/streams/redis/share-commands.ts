import type { ShareOrder } from "../share.ts";
import type { Asker, HandedOut } from "../shared-input.ts";
import type { RedisStream } from "./redis-stream.ts";
import type { DoneSpans } from "./share-results.ts";
import { type CommandSettings, toBuffer } from "./stream-commands.ts";

/** What is asked for. */
export interface ShareAsk {
  readonly lanes: number;
  readonly order: ShareOrder;
  readonly max: number;
  readonly min: number;
  /** Each asking of a replica has a number of its own: one that is sent again gets the same. */
  readonly ask: number;
  readonly window: number;
}

/** What was handed out. */
export interface Taken {
  readonly spans: readonly HandedOut[];
  /** Values of the input, and whether it has ended. */
  readonly top: number;
  readonly ended: boolean;
  /** Whether everything is done or in somebody's hands. */
  readonly exhausted: boolean;
  /** Values that nobody has taken. */
  readonly waiting: number;
}

/** Of each output: values, bytes, consumers' positions. */
export type DoneReply = readonly (readonly string[])[];

/** So many bytes may be held until their turn, before no more values are handed out that come later. */
const HELD_BYTES = 8 * 1024 * 1024;

/** What the server is told and asked about an input that is shared, as commands and replies. */
export class ShareCommands {
  readonly #settings: CommandSettings;

  constructor(settings: CommandSettings) {
    this.#settings = settings;
  }

  async take(task: number, { task: i, token: t }: Asker, input: RedisStream, ask: ShareAsk): Promise<Taken | "LOST" | "FENCED"> {
    const { link, keys, channel } = this.#settings;
    const asked = JSON.stringify({ k: task, i, t, s: input.index, held: HELD_BYTES, channel, ...ask });
    const reply = (await link.run(() => link.commands.dgShareTake(keys.run, asked))) as "LOST" | "FENCED" | (string | number)[];
    if (typeof reply === "string") return reply;
    const [top, ended, exhausted, waiting, ...numbers] = reply.map(Number);
    const spans: HandedOut[] = [];
    for (let n = 0; n + 3 < numbers.length; n += 4) {
      const [lane = 0, from = 0, until = 0, deliveries = 0] = numbers.slice(n, n + 4);
      spans.push({ lane, from, until, deliveries });
    }
    return { spans, top: top ?? 0, ended: ended === 1, exhausted: exhausted === 1, waiting: waiting ?? 0 };
  }

  async done(
    task: number,
    { task: i, token: t }: Asker,
    input: RedisStream,
    outputs: readonly RedisStream[],
    order: ShareOrder,
    { spans, chunks, back }: DoneSpans,
  ): Promise<DoneReply | "LOST" | "FENCED" | "ENDED"> {
    const { link, keys, abandonedMs } = this.#settings;
    const [c, o] = input.consumerArguments;
    const asked = JSON.stringify({
      k: task,
      i,
      t,
      s: input.index,
      order,
      c,
      o,
      r: input.record.bounds.retain,
      ttl: abandonedMs,
      outs: outputs.map((output) => {
        const [c, o] = output.consumerArguments;
        return { s: output.index, c, o };
      }),
      spans: spans.map(({ lane, from, until }) => [lane, from, until]),
      chunks: chunks.map(({ span, stream, count }) => [span + 1, outputs.findIndex(({ index }) => index === stream) + 1, count]),
      back: back.map(({ lane, from, until, ask = 0 }) => [lane, from, until, ask]),
    });
    const names = [keys.run, keys.stream(input.index), ...outputs.map(({ index }) => keys.stream(index))];
    const bodies = chunks.map(({ body }) => toBuffer(body));
    const reply = await link.run(() => link.commands.dgShareDone(names.length, ...names, asked, ...bodies));
    return typeof reply === "string" ? (reply as "LOST" | "FENCED" | "ENDED") : ((reply as unknown[]).slice(1) as DoneReply);
  }
}
