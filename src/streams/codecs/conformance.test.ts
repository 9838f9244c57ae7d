import { type CodecFeature, testCodec } from "../../testing/codec-conformance.ts";
import { compressed, jsonCodec, msgpackCodec, signed } from "./index.ts";

const everything: CodecFeature[] = [
  "bigint",
  "date",
  "invalid date",
  "map",
  "set",
  "undefined",
  "not a number",
  "infinity",
  "negative zero",
  "bytes",
  "buffer",
  "typed arrays",
  "array buffer",
  "lone surrogates",
];
const key = "sixteen bytes or more";

testCodec("msgpack", () => msgpackCodec(), { supports: everything });
testCodec("JSON", () => jsonCodec(), { supports: ["lone surrogates"] });
testCodec("signed msgpack", () => signed(msgpackCodec(), { key }), { supports: everything });
for (const algorithm of ["deflate", "gzip", "brotli"] as const) {
  testCodec(`msgpack compressed with ${algorithm}`, () => compressed(msgpackCodec(), { algorithm, threshold: 0 }), {
    supports: everything,
  });
}
testCodec("msgpack compressed and signed", () => signed(compressed(msgpackCodec()), { key }), { supports: everything });
