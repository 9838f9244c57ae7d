import { Packr, Unpackr } from "msgpackr";
import { DecodingError, EncodingError } from "../../errors.ts";
import type { Codec } from "./codec.ts";
import { checkLimits, type ValueLimits } from "./limits.ts";
import { DirectCheck } from "./msgpack-direct.ts";
import { ChunkInspector } from "./msgpack-inspect.ts";
import { prepareForMsgpack } from "./msgpack-prepare.ts";
import { PlainWriter } from "./msgpack-writer.ts";

/** Options of {@link msgpackCodec}. */
export type MsgpackOptions = ValueLimits;

/**
 * The codec that stores use unless told otherwise: MessagePack with msgpackr's records, which name the fields of equal
 * objects once per chunk. Each chunk can be decoded on its own.
 *
 * It keeps plain data exactly: null, undefined, booleans, numbers (NaN, -0 and the infinities too), BigInts of any size,
 * strings (lone surrogates too), arrays, plain objects, Date (invalid ones too), Map, Set, Buffer, typed arrays,
 * ArrayBuffer and DataView. What is read shares nothing with the bytes, but for large ones that were handed over: a Buffer
 * comes back as a Buffer, a Uint8Array as a Uint8Array. An object without a prototype comes back as a plain one, as with
 * `structuredClone`; an object referred to twice comes back as two; symbol keys, non-enumerable properties and named
 * properties of arrays are no data, and are left out. A key named `__proto__` is a key like any other: it comes back as
 * an own property, and no prototype is ever altered.
 *
 * All else is refused with the place in the value: functions, symbols, instances of classes (also Error, RegExp and
 * classes derived from built-ins), holes in arrays, cycles, what passes the limits, and what throws when it is read.
 *
 * @param options limits of one chunk; every process of a run should use the same.
 * @throws DeclarationError when a limit is out of range.
 */
export function msgpackCodec(options: MsgpackOptions = {}): Codec {
  const limits = checkLimits(options);
  const writer = new PlainWriter(limits);
  const check = new DirectCheck(limits);
  const inspector = new ChunkInspector(limits.maxDepth);
  const packr = new Packr({
    useRecords: true,
    moreTypes: true,
    useToJSON: false,
    structuredClone: false,
    writeFunction: refuseFunction,
  });
  // One that only reads, because a Packr's table of records serves both directions.
  const copying = new Unpackr({ useRecords: true, moreTypes: true, structuredClone: false, copyBuffers: true });
  const viewing = new Unpackr({ useRecords: true, moreTypes: true, structuredClone: false, copyBuffers: false });

  function encodeCarefully(values: readonly unknown[]): Uint8Array {
    const prepared = prepareForMsgpack(values, limits);
    try {
      return packr.pack(prepared);
    } catch (cause) {
      throw new EncodingError(`These ${values.length} values cannot be encoded as MessagePack; the error's cause says why.`, {
        cause,
      });
    }
  }

  return {
    name: "msgpack",
    encode(values) {
      try {
        const written = writer.write(values);
        if (written) return written;
        if (check.passes(values)) return packr.pack(values);
      } catch (error) {
        if (error instanceof EncodingError) throw error;
        // The careful way meets the same again, and says where.
      }
      return encodeCarefully(values);
    },
    decode(bytes, handedOver = false) {
      inspector.inspect(bytes);
      const unpackr = handedOver && hasLargeValues(bytes) ? viewing : copying;
      try {
        // A view of its own, because msgpackr leaves a property behind on it; a Buffer, because it reads those faster.
        return unpackr.unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      } catch (cause) {
        throw new DecodingError("These bytes are no chunk that the MessagePack codec wrote; the error's cause says why.", {
          cause,
        });
      }
    },
  };
}

/** Whether a view of one value, however long it is kept, keeps few bytes of others. */
function hasLargeValues(bytes: Uint8Array): boolean {
  const [head = 0] = bytes;
  const isShortArray = (head & 0xf0) === 0x90;
  return isShortArray && bytes.length >= (head & 0x0f) * LARGE_BYTES;
}

const LARGE_BYTES = 8 * 1024;

/** Only reached by an object whose getters answer differently each time: msgpackr would write undefined for a function. */
function refuseFunction(): never {
  throw new TypeError("found a function");
}
