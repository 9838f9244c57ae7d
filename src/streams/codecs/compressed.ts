import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  type ZlibOptions,
} from "node:zlib";
import { DeclarationError, DecodingError, EncodingError } from "../../errors.ts";
import type { Codec } from "./codec.ts";

/** How a chunk is compressed. */
export type CompressionAlgorithm = "deflate" | "gzip" | "brotli";

/** Options of {@link compressed}. */
export interface CompressionOptions {
  /** Default "deflate": as good as gzip, and twelve bytes shorter. Any process reads chunks of all three. */
  readonly algorithm?: CompressionAlgorithm;
  /** Chunks of fewer bytes are stored as they are. Default 1024. */
  readonly threshold?: number;
  /** How hard to try: 1 to 9, with brotli 0 to 11. Default 6, with brotli 4. */
  readonly level?: number;
  /** The most bytes that a chunk may have before it is compressed, and after it is decompressed. Default 64 MiB. */
  readonly maxBytes?: number;
}

interface Compression {
  /** The first byte of a chunk that is compressed this way. */
  readonly mark: number;
  readonly levels: readonly [lowest: number, standard: number, highest: number];
  compress(bytes: Uint8Array, level: number): Uint8Array;
  decompress(bytes: Uint8Array, options: ZlibOptions): unknown;
}

/** The first byte of a chunk that is stored as it is. */
const PLAIN = 0;

const COMPRESSIONS: Readonly<Record<CompressionAlgorithm, Compression>> = {
  gzip: {
    mark: 1,
    levels: [1, 6, 9],
    compress: (bytes, level) => gzipSync(bytes, { level }),
    decompress: gunzipSync,
  },
  deflate: {
    mark: 2,
    levels: [1, 6, 9],
    compress: (bytes, level) => deflateSync(bytes, { level }),
    decompress: inflateSync,
  },
  brotli: {
    mark: 3,
    levels: [0, 4, 11],
    compress: (bytes, level) =>
      brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      }),
    decompress: brotliDecompressSync,
  },
};

const DEFAULT_THRESHOLD = 1024;
const DEFAULT_MAX_BYTES = 64 * 2 ** 20;

/**
 * Wraps a codec so that its chunks take less room. A first byte says how each was compressed; what is small, or would
 * not get smaller, is stored as it is. It runs on the event loop: best for chunks of some kilobytes to a megabyte.
 *
 * Equal values give equal bytes on one machine; between machines compression may differ (in the build of zlib or the
 * processor's abilities), and each still reads the other's chunks.
 *
 * With `signed`, sign outermost, so that nothing is decompressed that was tampered with: `signed(compressed(codec), …)`.
 *
 * @throws DeclarationError when an option is out of range.
 */
export function compressed(codec: Codec, options: CompressionOptions = {}): Codec {
  const { algorithm, compression, threshold, level, maxBytes } = checkOptions(options);
  return {
    name: `${codec.name}+${algorithm}`,
    encode(values) {
      const bytes = codec.encode(values);
      if (bytes.length > maxBytes) {
        throw new EncodingError(
          `A chunk of ${bytes.length} bytes is above the ${maxBytes} (maxBytes) that compressed(…) allows.`,
        );
      }
      if (bytes.length < threshold) return marked(PLAIN, bytes);
      const smaller = compression.compress(bytes, level);
      return smaller.length < bytes.length ? marked(compression.mark, smaller) : marked(PLAIN, bytes);
    },
    decode(bytes) {
      return codec.decode(decompress(bytes, maxBytes));
    },
  };
}

function marked(mark: number, bytes: Uint8Array): Uint8Array {
  const result = Buffer.allocUnsafe(1 + bytes.length);
  result[0] = mark;
  result.set(bytes, 1);
  return result;
}

function decompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const content = bytes.subarray(1);
  if (bytes[0] === PLAIN) return content;
  const compression = Object.values(COMPRESSIONS).find(({ mark }) => mark === bytes[0]);
  if (!compression) {
    throw new DecodingError(
      "These bytes are no compressed chunk: their first byte says nothing. They were written without `compressed(…)`.",
    );
  }
  const { bytes: decompressed, consumed } = inflate(compression, content, maxBytes);
  if (consumed !== content.length) {
    throw new DecodingError(
      `A compressed chunk ends after ${consumed + 1} of its ${bytes.length} bytes; the rest is not part of it.`,
    );
  }
  return decompressed;
}

function inflate(compression: Compression, content: Uint8Array, maxBytes: number): { bytes: Uint8Array; consumed: number } {
  try {
    const result = compression.decompress(content, { maxOutputLength: maxBytes, info: true });
    if (!isDetailed(result)) throw new TypeError("this version of zlib does not say how much it read");
    return { bytes: result.buffer, consumed: result.engine.bytesWritten };
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
      throw new DecodingError(
        `A compressed chunk of ${content.length} bytes would have more than ${maxBytes} (maxBytes) decompressed.`,
        {
          cause,
        },
      );
    }
    throw new DecodingError(`A compressed chunk of ${content.length} bytes is damaged; the error's cause says how.`, { cause });
  }
}

/** What zlib gives when it is asked for `info`; its types do not know. */
function isDetailed(
  result: unknown,
): result is { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } } {
  return typeof result === "object" && result !== null && "engine" in result && "buffer" in result;
}

function checkOptions(options: CompressionOptions) {
  const { algorithm = "deflate", threshold = DEFAULT_THRESHOLD, maxBytes = DEFAULT_MAX_BYTES } = options;
  if (!Object.hasOwn(COMPRESSIONS, algorithm)) {
    throw new DeclarationError(
      `compressed(…) knows the algorithms ${Object.keys(COMPRESSIONS).join(", ")}, not ${JSON.stringify(algorithm)}.`,
    );
  }
  const compression = COMPRESSIONS[algorithm];
  const [lowest, standard, highest] = compression.levels;
  const { level = standard } = options;
  checkRange("level", level, lowest, highest);
  checkRange("threshold", threshold, 0, Number.MAX_SAFE_INTEGER);
  checkRange("maxBytes", maxBytes, 1, 2 ** 31 - 1);
  return { algorithm, compression, threshold, level, maxBytes };
}

function checkRange(option: string, value: number, lowest: number, highest: number): void {
  if (!Number.isInteger(value) || value < lowest || value > highest) {
    throw new DeclarationError(
      `The ${option} of compressed(…) must be a whole number from ${lowest} to ${highest}, not ${String(value)}.`,
    );
  }
}
