import { fstatSync } from "node:fs";
import type { Progress } from "datagraph";
import { printable, truncate } from "./printable.ts";
import { averages, type Rates, steadied } from "./rates.ts";
import { progressLine, progressTable } from "./table.ts";

/** A person's view of a run while it is going on. */
export interface Display {
  /** Begins to show a run. @param remarks what more there is to say of it, in lines. */
  start(progress: () => Promise<Progress>, remarks?: Remarks): void;
  /** Writes something to the same terminal, above what is shown. */
  around(write: () => void): void;
  /** Shows how it ended, and stops. */
  stop(): Promise<void>;
}

export type Remarks = (progress: Progress) => readonly string[];

const REDRAW_MS = 200;
/** A terminal that cannot redraw gets a line now and then. */
const LINE_MS = 5_000;

/**
 * What suits stderr: a table that is redrawn, on a terminal; lines, on one that cannot move its cursor; nothing elsewhere.
 * Where stdout is a pipe there is nothing either: who reads it may well write to the same terminal.
 */
export function chooseDisplay(wanted: boolean | undefined, stderr: NodeJS.WriteStream = process.stderr): Display {
  const fits = stderr.isTTY && !isPipe(process.stdout.fd);
  if (!(wanted ?? fits)) return noDisplay;
  const redraws = stderr.isTTY && process.env.TERM !== "dumb";
  return redraws ? new TableDisplay(stderr) : new LineDisplay(stderr);
}

const noDisplay: Display = {
  start: () => {},
  around: (write) => {
    write();
  },
  stop: async () => {},
};

/** Reads a run's progress again and again, one reading at a time, without keeping the process alive. */
class Readings {
  readonly startedAt = performance.now();
  rates: Rates = new Map();
  readonly #read: () => Promise<Progress>;
  readonly #onReading: (progress: Progress) => void;
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | undefined;

  constructor(read: () => Promise<Progress>, everyMs: number, onReading: (progress: Progress) => void) {
    this.#read = read;
    this.#onReading = onReading;
    this.#timer = setInterval(() => {
      this.#reading ??= this.#take().finally(() => {
        this.#reading = undefined;
      });
    }, everyMs).unref();
  }

  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** The last reading, with rates over the whole run; none when it cannot be read any more. */
  async finish(): Promise<Progress | undefined> {
    clearInterval(this.#timer);
    await this.#reading;
    const progress = await this.#read().catch(() => undefined);
    if (progress) this.rates = averages(progress, this.elapsedMs);
    return progress;
  }

  async #take(): Promise<void> {
    // A store that is away for a moment has nothing to show; the run itself says when it is serious.
    const progress = await this.#read().catch(() => undefined);
    if (!progress) return;
    this.rates = steadied(this.rates, progress);
    this.#onReading(progress);
  }
}

class TableDisplay implements Display {
  readonly #stderr: NodeJS.WriteStream;
  #readings: Readings | undefined;
  #remarks: Remarks = () => [];
  #lines: readonly string[] = [];
  #drawn = 0;

  constructor(stderr: NodeJS.WriteStream) {
    this.#stderr = stderr;
  }

  start(progress: () => Promise<Progress>, remarks: Remarks = () => []): void {
    this.#remarks = remarks;
    this.#readings = new Readings(progress, REDRAW_MS, (reading) => {
      this.#show(reading);
    });
  }

  around(write: () => void): void {
    this.#erase();
    write();
    this.#draw();
  }

  async stop(): Promise<void> {
    const readings = this.#readings;
    this.#readings = undefined;
    const last = await readings?.finish();
    if (last && readings) this.#show(last, readings);
    this.#lines = [];
    this.#drawn = 0;
  }

  #show(progress: Progress, readings = this.#readings): void {
    if (!readings) return;
    const columns = (this.#stderr.columns || 80) - 1;
    const remarks = this.#remarks(progress).map((line) => truncate(printable(line), columns));
    const table = progressTable(progress, {
      elapsedMs: readings.elapsedMs,
      rates: readings.rates,
      columns,
      rows: Math.max(3, (this.#stderr.rows || 24) - 1 - remarks.length),
      colours: this.#stderr.hasColors?.() ?? false,
    });
    this.#lines = [...table, ...remarks];
    this.#erase();
    this.#draw();
  }

  /** Leaves the cursor where the table began, with nothing below it. The terminal may have echoed a key behind it (`^C`). */
  #erase(): void {
    if (this.#drawn > 0) this.#stderr.write(`\r\x1b[${this.#drawn}A\x1b[0J`);
    this.#drawn = 0;
  }

  #draw(): void {
    if (this.#lines.length > 0) this.#stderr.write(`${this.#lines.join("\n")}\n`);
    this.#drawn = this.#lines.length;
  }
}

class LineDisplay implements Display {
  readonly #stderr: NodeJS.WriteStream;
  #readings: Readings | undefined;
  #remarks: Remarks = () => [];

  constructor(stderr: NodeJS.WriteStream) {
    this.#stderr = stderr;
  }

  start(progress: () => Promise<Progress>, remarks: Remarks = () => []): void {
    this.#remarks = remarks;
    this.#readings = new Readings(progress, LINE_MS, (reading) => {
      this.#print(reading, this.#readings);
    });
  }

  around(write: () => void): void {
    write();
  }

  async stop(): Promise<void> {
    const last = await this.#readings?.finish();
    if (last) this.#print(last, this.#readings);
  }

  #print(progress: Progress, readings: Readings | undefined): void {
    if (!readings) return;
    const line = [progressLine(progress, readings), ...this.#remarks(progress).map((remark) => printable(remark))].join("; ");
    this.#stderr.write(`${line}\n`);
  }
}

function isPipe(fd: number): boolean {
  try {
    // As BigInt, because Node's realpathSync looks at the numbers of the last call once more and stops at a pipe: modules
    // that are loaded after it would not be found where their links lead, and be loaded twice.
    const stat = fstatSync(fd, { bigint: true });
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
