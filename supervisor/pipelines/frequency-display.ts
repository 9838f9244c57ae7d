import type { Progress } from "datagraph";
import type { Display } from "../progress/display.ts";

/** How often a run is looked at. */
const READ_MS = 50;

export interface FrequencyOptions {
  /** A report for each so many records. */
  readonly every: number;
  readonly recordsOf: (progress: Progress) => number;
  readonly report: (progress: Progress) => string;
  readonly write: (line: string) => void;
}

/** Reports progress by what was done, not by the clock: for logs. */
export function frequencyDisplay({ every, recordsOf, report, write }: FrequencyOptions): Display {
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> | undefined;
  let next = every;
  const look = async (progress: () => Promise<Progress>) => {
    // A store that is away for a moment has nothing to show; the run itself says when it is serious.
    const found = await progress().catch(() => undefined);
    if (!found || recordsOf(found) < next) return;
    next = (Math.floor(recordsOf(found) / every) + 1) * every;
    write(report(found));
  };
  return {
    start(progress) {
      timer = setInterval(() => {
        reading ??= look(progress).finally(() => {
          reading = undefined;
        });
      }, READ_MS).unref();
    },
    around(change) {
      change();
    },
    async stop() {
      clearInterval(timer);
      await reading;
    },
  };
}
