import { Readable, Transform } from "node:stream";
import * as zlib from "node:zlib";
import { MissingPackageError } from "datagraph";
import { SourceError } from "./errors.ts";
import type { Bytes } from "./formats/format.ts";

export type Compression = "gzip" | "bzip2" | "zstd";

/** The bytes that were compressed. Bytes that end too early, or are damaged, are an error. */
export async function* decompress(source: string, compression: Compression, bytes: Bytes): AsyncGenerator<Uint8Array> {
  const output = await unpackers[compression](source);
  const input = Readable.from(bytes, { objectMode: false });
  let failedBefore: Error | undefined;
  input.once("error", (error) => {
    failedBefore = error;
    output.destroy(error);
  });
  input.pipe(output);
  try {
    for await (const chunk of output) yield chunk as Uint8Array;
  } catch (cause) {
    if (failedBefore !== undefined) throw failedBefore;
    throw new SourceError(source, `the ${compression} data is damaged or ends too early`, { cause });
  } finally {
    input.destroy();
    output.destroy();
  }
}

const unpackers: Readonly<Record<Compression, (source: string) => Promise<Transform>>> = {
  gzip: async () => zlib.createGunzip(),
  bzip2: unpackBzip2,
  zstd: async (source) => {
    const create: unknown = Reflect.get(zlib, "createZstdDecompress");
    if (typeof create === "function") return create() as Transform;
    throw new SourceError(source, `zstd needs Node 22.15 or newer, this is ${process.version}`);
  },
};

/** The library's stream is of an old kind, which knows no `destroy`: it is fed by one that does, and answers at once. */
async function unpackBzip2(): Promise<Transform> {
  const { default: create } = await import("unbzip2-stream").catch((cause: unknown) => {
    throw new MissingPackageError("unbzip2-stream", "Reading bzip2", { cause });
  });
  const inner = create();
  let failure: Error | null = null;
  const output = new Transform({
    transform(chunk: Uint8Array, _, done) {
      inner.write(chunk);
      done(failure);
    },
    flush(done) {
      inner.end();
      done(failure);
    },
  });
  inner.on("data", (data: Uint8Array) => output.push(data));
  inner.on("error", (error: Error) => {
    failure ??= error;
  });
  return output;
}
