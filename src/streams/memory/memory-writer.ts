import type { StreamEnd, StreamWriter } from "../store.ts";
import type { MemoryStream } from "./memory-stream.ts";

/** What a writer tells its run: waiting, so that deadlocks are seen, and its end. */
export interface WriterRun {
  writerWaits(writer: object): void;
  writerGoesOn(writer: object): void;
  endStream(end: StreamEnd): void;
}

export class MemoryWriter implements StreamWriter {
  readonly #stream: MemoryStream;
  readonly #token: string;
  readonly #run: WriterRun;

  constructor(stream: MemoryStream, token: string, run: WriterRun) {
    this.#stream = stream;
    this.#token = token;
    this.#run = run;
  }

  write(value: unknown): void {
    const stream = this.#stream;
    if (stream.end !== undefined || stream.owner !== this.#token) stream.checkWritable(this.#token);
    stream.append(value);
  }

  writeMany(values: readonly unknown[], bytes?: number): void {
    this.#stream.checkWritable(this.#token);
    this.#stream.appendMany(values, bytes);
  }

  get credit(): number {
    return this.#stream.consumers.credit(this.#stream.top);
  }

  get full(): boolean {
    return this.#stream.consumers.full(this.#stream.top);
  }

  async room(): Promise<void> {
    this.#stream.checkOwner(this.#token);
    if (this.#stream.end || !this.full) return;
    this.#run.writerWaits(this);
    try {
      while (this.full) {
        await new Promise<void>((resolve) => {
          this.#stream.whenWritable(resolve);
        });
        this.#stream.checkWritable(this.#token);
      }
    } finally {
      this.#run.writerGoesOn(this);
    }
  }

  async flush(): Promise<void> {
    this.#stream.checkOwner(this.#token);
  }

  async end(end: StreamEnd): Promise<void> {
    if (this.#stream.end) return;
    this.#stream.checkWritable(this.#token);
    this.#run.endStream(end);
  }
}
