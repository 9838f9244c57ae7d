import { MissingPackageError } from "datagraph";
import type { AsyncBuffer } from "hyparquet";
import { messageOf, SourceError } from "../errors.ts";
import { LONGEST_LIST, type Reading } from "./format.ts";
import { converterFor, parsers } from "./parquet-values.ts";
import { readAll } from "./text.ts";

/**
 * A record per row. One row group is in memory at a time; a file on disk is read where it is needed, anything else is fetched first.
 * Decimals become floats.
 *
 * @throws MissingPackageError without hyparquet and hyparquet-compressors, which are optional peers.
 */
export async function* readParquet(reading: Reading): AsyncGenerator<readonly unknown[]> {
  const { library, compressors } = await loadLibraries();
  const { source, path } = reading;
  const file = path === undefined ? toBuffer(await readAll(reading)) : await library.asyncBufferFromFile(path);
  const attempt = <T>(promise: Promise<T>) =>
    promise.catch((cause: unknown) => {
      throw new SourceError(source, `this is not Parquet that can be read: ${messageOf(cause)}`, { cause });
    });
  const metadata = await attempt(library.parquetMetadataAsync(file, { parsers }));
  const converters = library.parquetSchema(metadata).children.map((child) => [child.element.name, converterFor(child)] as const);
  let start = 0;
  for (const { num_rows: count } of metadata.row_groups) {
    const range = { rowStart: start, rowEnd: start + Number(count) };
    start = range.rowEnd;
    const rows = await attempt(library.parquetReadObjects({ file, metadata, compressors, parsers, utf8: false, ...range }));
    for (let first = 0; first < rows.length; first += LONGEST_LIST) {
      const list = rows.slice(first, first + LONGEST_LIST);
      yield list.map((row) => Object.fromEntries(converters.map(([name, convert]) => [name, convert(row[name])])));
    }
  }
}

function toBuffer(bytes: Buffer): AsyncBuffer {
  const copy = new Uint8Array(bytes).buffer;
  return { byteLength: copy.byteLength, slice: (start, end) => copy.slice(start, end) };
}

async function loadLibraries() {
  try {
    const [library, { compressors }] = await Promise.all([import("hyparquet"), import("hyparquet-compressors")]);
    return { library, compressors };
  } catch (cause) {
    throw new MissingPackageError("hyparquet hyparquet-compressors", "Reading Parquet", { cause });
  }
}
