import type { StreamReader } from "../streams/store.ts";
import type { Check } from "./check.ts";

/** A reader whose values pass through a check, and that says when it is closed. */
export function checkedReader(reader: StreamReader, check: Check | undefined, onClose: () => void): StreamReader {
  return {
    take: (max) => {
      const values = reader.take(max);
      return check && values ? values.map(check) : values;
    },
    wait: () => reader.wait(),
    get revoked() {
      return reader.revoked;
    },
    close: (reason) => {
      onClose();
      reader.close(reason);
    },
  };
}
