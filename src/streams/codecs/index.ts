export type { Codec } from "./codec.ts";
export { type CompressionAlgorithm, type CompressionOptions, compressed } from "./compressed.ts";
export { type JsonOptions, jsonCodec } from "./json.ts";
export type { ValueLimits } from "./limits.ts";
export { type MsgpackOptions, msgpackCodec } from "./msgpack.ts";
export { type SigningKey, type SigningOptions, signed } from "./signed.ts";
