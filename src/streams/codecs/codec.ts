/** Turns values into bytes and back. A store that keeps bytes asks for one chunk (a list of values) at a time. */
export interface Codec {
  /** Names the format; kept with each run, so that every process reads it as it was written. */
  readonly name: string;
  /**
   * Encodes the values of a chunk. Deterministic: the same values give the same bytes.
   *
   * @throws EncodingError when a value cannot be represented, is nested too deeply, or is too large.
   */
  encode(values: readonly unknown[]): Uint8Array;
  /**
   * Decodes what `encode` made. It must not trust the bytes, nor alter any prototype.
   *
   * @param handedOver nobody else uses these bytes: what is decoded may be views of them. Default false: it shares nothing.
   * @throws DecodingError when the bytes are not a chunk of this format.
   */
  decode(bytes: Uint8Array, handedOver?: boolean): unknown[];
}
