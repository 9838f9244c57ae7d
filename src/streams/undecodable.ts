import { DecodingError, TamperedDataError } from "../errors.ts";

/**
 * Stands for a value whose bytes cannot be decoded, for readers that asked for it (`undecodable: "mark"`). Several values
 * that were stored together cannot be told apart: each of them is marked, and the first has the bytes.
 */
export class UndecodableValue {
  readonly error: DecodingError | TamperedDataError;
  /** Set on the first of them. */
  readonly chunk: { readonly bytes: Uint8Array; readonly count: number } | undefined;

  constructor(error: DecodingError | TamperedDataError, chunk?: { bytes: Uint8Array; count: number }) {
    this.error = error;
    this.chunk = chunk;
  }
}

/** Marks for the values of a chunk. @throws what a codec does not throw because of the bytes. */
export function undecodable(error: unknown, bytes: Uint8Array, count: number): UndecodableValue[] {
  if (!(error instanceof DecodingError || error instanceof TamperedDataError)) throw error;
  return Array.from({ length: count }, (_, i) => new UndecodableValue(error, i === 0 ? { bytes, count } : undefined));
}
