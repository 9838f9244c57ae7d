import type { ConsumerKey, Cursor, Position } from "../flow-control.ts";
import type { RunKeys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { ProgressReporter } from "./progress-reporter.ts";
import type { RedisStream } from "./redis-stream.ts";

/** What {@link RunPositions} works with. */
export interface PositionSettings {
  readonly link: RedisLink;
  readonly keys: RunKeys;
  /** Names this process among those that read runs from outside. */
  readonly process: string;
  /** How long an outside reader that says nothing counts, in milliseconds. */
  readonly leaseMs: number;
}

/** How far the consumers of a run's streams are: reports those of this process, and asks about those elsewhere. */
export class RunPositions {
  readonly #settings: PositionSettings;
  readonly #reporters = new Map<string, ProgressReporter>();

  constructor(settings: PositionSettings) {
    this.#settings = settings;
  }

  attached(stream: RedisStream, cursor: Cursor): void {
    this.#reporter(stream, cursor.consumer).add(cursor);
  }

  moved(stream: RedisStream, cursor: Cursor): void {
    this.#reporter(stream, cursor.consumer).moved();
  }

  detached(stream: RedisStream, cursor: Cursor): void {
    this.#reporter(stream, cursor.consumer).remove(cursor);
  }

  /** A consumer that was released by the ledger: there is nothing more to say about it. */
  released(stream: RedisStream, consumer: ConsumerKey): void {
    this.#reporters.get(keyOf(stream, consumer))?.stop();
  }

  /** Says again what was said, so that it does not lapse. */
  refresh(): void {
    for (const reporter of this.#reporters.values()) reporter.refresh();
  }

  stop(): void {
    for (const reporter of this.#reporters.values()) reporter.stop();
  }

  /** Takes in what the server knows of consumers elsewhere: field, `values:bytes`, … */
  apply(stream: RedisStream, found: readonly string[]): void {
    const ownField = `@${this.#settings.process}`;
    stream.applyPositions(found, (field) => {
      if (field.startsWith("@")) return field === ownField;
      return this.#reporters.has(keyOf(stream, Number(field)));
    });
  }

  /** Asks how far consumers elsewhere are. */
  async ask(stream: RedisStream): Promise<void> {
    const { link, keys } = this.#settings;
    // An append of nothing stores nothing and answers with the positions.
    const reply = await link.run(() =>
      link.commands.dgAppend(
        keys.run,
        keys.stream(stream.index),
        stream.index,
        "",
        1,
        0,
        0,
        "",
        0,
        "",
        ...stream.consumerArguments,
        "1",
      ),
    );
    if (Array.isArray(reply)) this.apply(stream, reply.slice(1) as string[]);
  }

  #reporter(stream: RedisStream, consumer: ConsumerKey): ProgressReporter {
    const key = keyOf(stream, consumer);
    const known = this.#reporters.get(key);
    if (known) return known;
    const field = consumer === "caller" ? `@${this.#settings.process}` : String(consumer);
    const reporter = new ProgressReporter(stream, field, (...report) => this.#send(...report));
    this.#reporters.set(key, reporter);
    return reporter;
  }

  async #send(stream: RedisStream, field: string, at: Position | "x", wanted: () => boolean): Promise<void> {
    const { link, keys, leaseMs } = this.#settings;
    const { retain } = stream.record.bounds;
    const position = at === "x" ? ["x", ""] : [at.values, at.bytes];
    const where = [stream.index, field, ...position, leaseMs, retain, ...stream.consumerArguments];
    const key = keys.stream(stream.index);
    await link.run(async () => (wanted() ? link.commands.dgProgress(keys.run, key, ...where) : undefined));
  }
}

function keyOf(stream: RedisStream, consumer: ConsumerKey): string {
  return `${stream.index}:${consumer}`;
}
