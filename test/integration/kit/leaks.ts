import { expect } from "vitest";
import { eventually } from "./testing.ts";

/**
 * Watches what a piece of code leaves behind in this process: timers (also those that do not keep it alive), sockets and
 * other handles, listeners on the process, rejections that nobody handles and warnings such as those of leaked listeners.
 */
export class LeakWatch {
  readonly #handles = countHandles();
  readonly #listeners = countListeners();
  readonly #timers = new Set<TrackedTimer>();
  readonly #complaints: unknown[] = [];
  readonly #complain = (complaint: unknown) => this.#complaints.push(complaint);
  readonly #setTimeout = globalThis.setTimeout;
  readonly #setInterval = globalThis.setInterval;

  constructor() {
    process.on("unhandledRejection", this.#complain);
    process.on("warning", this.#complain);
    globalThis.setTimeout = this.#tracking(this.#setTimeout);
    globalThis.setInterval = this.#tracking(this.#setInterval);
  }

  /** Asserts that nothing is left, once it has had the time to go; call it when everything is closed. */
  async end(deadlineMs = 10_000): Promise<void> {
    globalThis.setTimeout = this.#setTimeout;
    globalThis.setInterval = this.#setInterval;
    try {
      await eventually(
        () => {
          expect(this.#openTimers(), "timers that were left").toEqual([]);
          expect(surplus(countHandles(), this.#handles), "handles that were left").toEqual({});
        },
        { deadlineMs },
      );
      // Rejections are reported when the microtasks are done, warnings on the next tick.
      await new Promise((resolve) => setImmediate(resolve));
      expect(this.#complaints, "unhandled rejections and warnings").toEqual([]);
    } finally {
      process.off("unhandledRejection", this.#complain);
      process.off("warning", this.#complain);
    }
    expect(surplus(countListeners(), this.#listeners), "listeners that were left").toEqual({});
  }

  /** Where in the library the timers were made that are still set. */
  #openTimers(): string[] {
    return [...this.#timers].filter(({ timer }) => Reflect.get(timer, "_destroyed") !== true).map(({ madeAt }) => madeAt);
  }

  #tracking<F extends (...args: never[]) => NodeJS.Timeout>(make: F): F {
    const track = (...args: never[]) => {
      const timer = make(...args);
      const madeAt = libraryLine(new Error().stack ?? "");
      if (madeAt !== undefined) this.#timers.add({ timer, madeAt });
      return timer;
    };
    return Object.assign(track, make) as unknown as F;
  }
}

interface TrackedTimer {
  readonly timer: NodeJS.Timeout;
  readonly madeAt: string;
}

/** The innermost line of a stack, if it is the library's own. */
function libraryLine(stack: string): string | undefined {
  const line = stack.split("\n")[2] ?? "";
  return line.includes("/src/") && !line.includes("/src/testing/") ? line.trim() : undefined;
}

type Counts = Readonly<Record<string, number>>;

/** Open handles by kind. Timers are tracked otherwise: the test runner has some of its own. */
function countHandles(): Counts {
  return count(process.getActiveResourcesInfo().filter((kind) => !["Timeout", "Immediate", "TickObject"].includes(kind)));
}

function countListeners(): Counts {
  return Object.fromEntries(process.eventNames().map((event) => [String(event), process.listenerCount(event)]));
}

function count(names: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** What there is more of than before. */
function surplus(now: Counts, before: Counts): Counts {
  return Object.fromEntries(Object.entries(now).filter(([name, amount]) => amount > (before[name] ?? 0)));
}
