import type { InputReader } from "../io/io.ts";
import type { StreamReader } from "../streams/store.ts";
import type { Check } from "./check.ts";

/** How a handler reads an input. */
export interface InputSettings {
  readonly from: number;
  readonly check: Check | undefined;
  /** @param position how many of the stream's values the handler got. */
  readonly onClose: (position: number) => void;
}

/** A reader whose values pass through a check, that knows how far its handler is, and that says when it is closed. */
export interface HandlerReader extends InputReader {
  /** How many of the stream's values the handler got: not those that are only held for it. */
  readonly position: number;
}

export function handlerReader(reader: StreamReader, { from, check, onClose }: InputSettings): HandlerReader {
  let taken = from;
  let held = (): number => 0;
  let isOpen = true;
  return {
    take: (max) => {
      const values = reader.take(max);
      if (values) taken += values.length;
      return check && values ? values.map(check) : values;
    },
    wait: () => reader.wait(),
    get revoked() {
      return reader.revoked;
    },
    heldBy: (holder) => {
      held = holder;
    },
    get position() {
      return taken - held();
    },
    close: (reason) => {
      if (isOpen) onClose(taken - held());
      isOpen = false;
      reader.close(reason);
    },
  };
}
