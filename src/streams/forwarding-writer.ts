import type { StreamEnd, StreamWriter } from "./store.ts";

/** A writer in front of another one: all but what is written passes through as it is. */
export abstract class ForwardingWriter implements StreamWriter {
  protected readonly writer: StreamWriter;

  constructor(writer: StreamWriter) {
    this.writer = writer;
  }

  abstract write(value: unknown): void;
  abstract writeMany(values: readonly unknown[], bytes?: number): void;

  get credit(): number {
    return this.writer.credit;
  }

  get full(): boolean {
    return this.writer.full;
  }

  room(): Promise<void> {
    return this.writer.room();
  }

  flush(): Promise<void> {
    return this.writer.flush();
  }

  end(end: StreamEnd): Promise<void> {
    return this.writer.end(end);
  }
}
