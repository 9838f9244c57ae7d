import { addExtension } from "msgpackr";

/**
 * The extension type of an {@link Escape}. msgpackr's registry is shared by the whole process, so this one is in the
 * range that MessagePack reserves and applications therefore leave alone.
 */
export const ESCAPE_TYPE = 0x9d;

/** What stands for a value that msgpackr would alter silently; see {@link escape}. */
type EscapePayload = 0 | Uint8Array | readonly unknown[];

class Escape {
  readonly payload: EscapePayload;

  constructor(payload: EscapePayload) {
    this.payload = payload;
  }
}

addExtension({
  Class: Escape,
  type: ESCAPE_TYPE,
  write: (escaped: Escape) => escaped.payload,
  read: revive,
});

/** -0, which msgpackr writes as 0. */
export function escapeNegativeZero(): Escape {
  return new Escape(0);
}

/** A string with a lone surrogate, which UTF-8 cannot hold: its UTF-16 code units. */
export function escapeString(text: string): Escape {
  return new Escape(Buffer.from(text, "utf16le"));
}

/** An object whose keys msgpackr cannot take as they are: its keys and values in turn. */
export function escapeEntries(keysAndValues: readonly unknown[]): Escape {
  return new Escape(keysAndValues);
}

/** Undoes an escape while msgpackr decodes. What is thrown here becomes a DecodingError. */
function revive(payload: unknown): unknown {
  if (payload === 0) return -0;
  if (Buffer.isBuffer(payload)) return payload.toString("utf16le");
  if (Array.isArray(payload) && payload.length % 2 === 0) return fromKeysAndValues(payload);
  throw new TypeError("an escaped value holds neither 0, nor bytes, nor keys and values");
}

function fromKeysAndValues(keysAndValues: readonly unknown[]): object {
  const object: Record<string, unknown> = {};
  for (let i = 0; i < keysAndValues.length; i += 2) {
    const key = keysAndValues[i];
    const value = keysAndValues[i + 1];
    if (typeof key !== "string") throw new TypeError("an escaped object has a key that is not a string");
    // Assigning to `__proto__` would set the prototype; defining it makes an ordinary property.
    if (key === "__proto__") Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    else object[key] = value;
  }
  return object;
}
