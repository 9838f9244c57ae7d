/** A reader of an input that is open. */
interface OpenReader {
  readonly position: number;
}

/** Where a handler is in one of its inputs. */
interface Input {
  readonly open: Set<OpenReader>;
  /** Where the reader was that was closed last. */
  left: number;
  /** Whether a checkpoint has found it open: then it is read on, and not again. */
  isSaved: boolean;
}

/**
 * Where a handler is in its inputs, for its checkpoints. An input that no checkpoint has found open is one that the handler
 * reads whole, before or between its checkpoints, and would read again.
 */
export class InputPositions {
  readonly #saved: ReadonlyMap<number, number>;
  readonly #inputs = new Map<number, Input>();

  /** @param saved by the last checkpoint of an earlier attempt, by stream. */
  constructor(saved: ReadonlyMap<number, number> = new Map()) {
    this.#saved = saved;
    for (const [stream, position] of saved) this.#inputs.set(stream, { open: new Set(), left: position, isSaved: true });
  }

  /** Where a reader begins that was asked to skip so many values. */
  first(stream: number, asked: number): number {
    return Math.max(asked, this.#saved.get(stream) ?? 0);
  }

  opened(stream: number, reader: OpenReader): void {
    const input = this.#inputs.get(stream);
    if (input) input.open.add(reader);
    else this.#inputs.set(stream, { open: new Set([reader]), left: 0, isSaved: false });
  }

  /** @param position where the reader was. */
  closed(stream: number, reader: OpenReader, position: number): void {
    const input = this.#inputs.get(stream);
    if (!input?.open.delete(reader)) return;
    input.left = Math.max(input.left, position);
  }

  /** The positions for a checkpoint that is made now. */
  save(): Map<number, number> {
    const positions = new Map<number, number>();
    for (const [stream, input] of this.#inputs) {
      if (input.open.size > 0) input.isSaved = true;
      if (!input.isSaved) continue;
      const open = [...input.open].map(({ position }) => position);
      positions.set(stream, open.length > 0 ? Math.min(...open) : input.left);
    }
    return positions;
  }
}
