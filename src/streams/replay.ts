import { DeterminismError } from "../errors.ts";
import { checksumOf } from "./checksum.ts";
import { ForwardingWriter } from "./forwarding-writer.ts";
import type { WrittenOutput } from "./place.ts";
import type { StreamWriter } from "./store.ts";

/** Is told how far the input is that an output follows. @see Following */
export interface Follower {
  emits(until: number): void;
  reached(position: number): void;
}

/** A writer in front of another one that drops what an earlier attempt has written already. */
export abstract class ReplayWriter extends ForwardingWriter {
  /** Whether a value is there already; asked once for each, in order. */
  protected abstract has(value: unknown): boolean;

  override write(value: unknown): void {
    if (!this.has(value)) this.writer.write(value);
  }

  override writeMany(values: readonly unknown[], bytes?: number): void {
    const news = values.filter((value) => !this.has(value));
    if (news.length > 0) this.writer.writeMany(news, news.length === values.length ? bytes : undefined);
  }
}

/** So many values of a stream, and their checksum where it is known. */
export interface Written {
  readonly values: number;
  readonly checksum: number | undefined;
}

/** What a handler that goes its own way has written in an earlier attempt. */
export interface WrittenWhole extends Written {
  readonly processor: string;
  readonly stream: string;
  /** When its last checkpoint was saved: from there on it makes its values again. */
  readonly saved: Written;
}

/** Drops as many values as are written, and sees that they are the same: a handler that goes its own way makes all of them again. */
export class WholeReplay extends ReplayWriter {
  readonly #written: WrittenWhole;
  /** So many values are made again, or were before the checkpoint. */
  #made: number;
  #checksum: number | undefined;

  constructor(writer: StreamWriter, written: WrittenWhole) {
    super(writer);
    this.#written = written;
    this.#made = written.saved.values;
    this.#checksum = written.saved.checksum;
  }

  /** How far it is while it makes values again; `undefined` when they all are there. */
  get madeAgain(): Written | undefined {
    return this.#made < this.#written.values ? { values: this.#made, checksum: this.#checksum } : undefined;
  }

  /** The handler came to its end by itself. @throws DeterminismError. */
  finish(): void {
    const { processor, stream, values } = this.#written;
    if (this.#made === values) return;
    throw new DeterminismError(processor, stream, `gave only ${this.#made} of the ${values} values that are in`);
  }

  protected override has(value: unknown): boolean {
    const { processor, stream, values, checksum } = this.#written;
    if (this.#made === values) return false;
    if (this.#checksum !== undefined) this.#checksum = checksumOf(value, this.#checksum);
    if (++this.#made < values || checksum === undefined || checksum === this.#checksum) return true;
    throw new DeterminismError(processor, stream, `gave other values than the ${values} that are in`);
  }
}

/** Drops what came of input values that are done for this output, and then as many values as are written beyond. */
export class FollowingReplay extends ReplayWriter implements Follower {
  readonly #output: WrittenOutput;
  readonly #follower: Follower;
  #toDrop: number;

  /** @param from where this attempt begins to read the input. */
  constructor(writer: StreamWriter, follower: Follower, output: WrittenOutput, from: number) {
    super(writer);
    this.#output = output;
    this.#follower = follower;
    this.#toDrop = from < output.position ? Number.POSITIVE_INFINITY : output.stored - output.values;
  }

  emits(until: number): void {
    if (until > this.#output.position) this.#follower.emits(until);
  }

  reached(position: number): void {
    const { position: done, stored, values } = this.#output;
    if (position < done) return;
    if (position === done) this.#toDrop = stored - values;
    else {
      // Should the values that came last not come again: what is written of them stays as it is.
      this.#toDrop = 0;
      this.#follower.reached(position);
    }
  }

  protected override has(): boolean {
    if (this.#toDrop === 0) return false;
    this.#toDrop--;
    return true;
  }
}
