import type { RunWaits, ToldWait } from "../run-waits.ts";
import type { RunKeys } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/** What {@link DistantWaits} works with. */
export interface DistantWaitSettings {
  readonly link: RedisLink;
  readonly keys: RunKeys;
  /** Names this process. */
  readonly process: string;
  /** Where it is told of the run. */
  readonly channel: string;
}

/**
 * Finds deadlocks whose waits are spread over processes: while a writer waits here for somebody elsewhere, it asks the other
 * processes of the run who waits there, and hands that to the watch that looks for cycles.
 *
 * Who asks publishes a hint; who hears it stores its waits in the run; who asked finds them there when it asks again.
 */
export class DistantWaits {
  readonly #settings: DistantWaitSettings;
  readonly #waits: RunWaits;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #answering = false;
  /** Whether something of this process is stored. */
  #told = false;

  constructor(waits: RunWaits, settings: DistantWaitSettings) {
    this.#waits = waits;
    this.#settings = settings;
  }

  /** A writer has begun to wait. */
  begin(): void {
    this.#waiting++;
    if (this.#waiting === 1) this.#askAfter(FIRST_PAUSE_MS);
  }

  /** A writer waits no more. */
  end(): void {
    this.#waiting--;
    if (this.#waiting === 0) this.stop();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waits.distant = [];
  }

  /** A process has asked who waits. */
  onAsked(process: string): void {
    if (process === this.#settings.process || this.#answering) return;
    if (!this.#told && this.#waits.told().length === 0) return;
    this.#answering = true;
    this.#exchange(false)
      .catch(() => undefined)
      .finally(() => {
        this.#answering = false;
      });
  }

  #askAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      const timer = this.#timer;
      this.#exchange(true)
        // The next one asks again.
        .catch(() => undefined)
        .finally(() => {
          if (this.#timer === timer && this.#waiting > 0) this.#askAfter(Math.min(ms * 2, MAX_PAUSE_MS));
        });
    }, ms).unref();
  }

  async #exchange(asks: boolean): Promise<void> {
    const { link, keys, process, channel } = this.#settings;
    const told = this.#waits.told();
    this.#told = told.length > 0;
    const mine = this.#told ? JSON.stringify(told) : "";
    const reply = await link.run(() => link.commands.dgWaits(keys.run, process, mine, VALID_MS, asks ? channel : ""));
    if (!Array.isArray(reply) || this.#waiting === 0) return;
    const found = reply as string[];
    const others = found.flatMap((who, i) =>
      i % 2 === 0 ? (JSON.parse(found[i + 1] ?? "[]") as ToldWait[]).map((wait) => [who, wait] as const) : [],
    );
    this.#waits.hear(others);
  }
}

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;
/** What was said longer ago counts no more: who said it may be gone. */
const VALID_MS = 5 * MAX_PAUSE_MS;
