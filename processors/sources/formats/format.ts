export type Bytes = AsyncIterable<Uint8Array>;

/** What a format needs to read one source. */
export interface Reading {
  /** Its name, for errors. */
  readonly source: string;
  readonly bytes: Bytes;
  /** Where the bytes are a file on disk as they are: some formats read it here and there. */
  readonly path?: string | undefined;
  /** The largest document, line or row, in bytes. */
  readonly maxRecordBytes: number;
  readonly csv: CsvOptions;
  /** Whether white space at the ends of text lines is left out. */
  readonly trimLines: boolean;
}

export interface CsvOptions {
  /** Between cells. Default `,`, for TSV a tab. */
  readonly delimiter?: string;
  /** The columns' names, for files without a header row. Default: the first row. */
  readonly columns?: readonly string[];
  /** Whether a quote inside of a cell (`5" pipe`, `"a"b`) is a character like any other, not an error. Default false. */
  readonly relaxQuotes?: boolean;
}

/**
 * Reads records from bytes, at the pace they are taken, in lists of those that are at hand: to wait for each of them would take longer than to read it.
 * A record that cannot be read is a `BadRecordError` among them.
 */
export type ReadRecords = (reading: Reading) => AsyncIterable<readonly unknown[]>;

/** How many records are handed on together, at most. */
export const LONGEST_LIST = 512;
