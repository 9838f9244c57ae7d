import { createReadStream } from "node:fs";
import { realpath } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { DeclarationError } from "datagraph";
import { glob } from "tinyglobby";
import { type Compression, decompress } from "./decompress.ts";
import { BadRecordError, messageOf, type RefusedRecord, SourceError, toRefused } from "./errors.ts";
import type { Bytes, CsvOptions, Reading } from "./formats/format.ts";
import { type FileFormat, formatOf, formats } from "./formats/index.ts";
import { bodyOf, describeUrl, type HttpOptions, parseUrl, request } from "./http/request.ts";

/** What to read, in this order: paths, then what the globs match, then URLs. */
export interface FileOptions {
  /** Files, relative to `cwd`; `-` is standard input. */
  readonly paths?: readonly string[];
  /** Patterns (`data/*.csv`, `**` for any depth), relative to `cwd`. Matches come sorted by their code units, each once; symbolic links are followed: see `root`. */
  readonly globs?: readonly string[];
  /** Addresses, http or https. */
  readonly urls?: readonly (string | URL)[];
  /** Default: what each name's suffix says. `.gz`, `.bz2` and `.zst` are unpacked either way. */
  readonly format?: FileFormat;
  /** Default: the process's working directory. */
  readonly cwd?: string;
  /** Nothing outside of this folder is read, whatever paths, globs and symbolic links say. Default: anything. */
  readonly root?: string;
  /** The largest document (JSON, YAML), line or row, in bytes; for Parquet the largest file that is not read from disk as it is. Default 256 MiB. */
  readonly maxRecordBytes?: number;
  readonly csv?: CsvOptions;
  /** Leave out white space at the ends of the lines of texts (`.txt`). Default false. */
  readonly trimLines?: boolean;
  readonly http?: Omit<HttpOptions, "signal">;
}

export interface ReadOptions extends FileOptions {
  /** Gets the records that cannot be read; without it the first of them ends the reading. */
  readonly onRefused?: (refused: RefusedRecord) => void;
  /** Gets warnings: a glob that matches nothing. Default: a warning of the process. */
  readonly onWarning?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** One thing to read: how it is called, and how it is opened. */
interface Source {
  readonly source: string;
  /** What the format is seen by. */
  readonly name: string;
  readonly path?: string;
  open(): Bytes;
}

const DEFAULT_MAX_RECORD_BYTES = 256 * 1024 * 1024;

/**
 * The records of files, one after the other, at the pace they are taken; memory does not grow with the files. Each loop reads anew.
 *
 * @throws DeclarationError at once; SourceError and BadRecordError when it is iterated.
 */
export function readFiles(options: ReadOptions): AsyncIterable<unknown> {
  checkFileOptions(options);
  return {
    async *[Symbol.asyncIterator]() {
      for await (const records of readAll(options)) {
        for (const record of records) {
          if (!(record instanceof BadRecordError)) yield record;
          else if (options.onRefused === undefined) throw record;
          else options.onRefused(toRefused(record));
        }
      }
    },
  };
}

/** The records, in lists of those that are at hand, with a `BadRecordError` for each that cannot be read. */
export async function* readAll(options: Omit<ReadOptions, "onRefused">): AsyncGenerator<readonly unknown[]> {
  for await (const source of sourcesOf(options)) {
    options.signal?.throwIfAborted();
    yield* readSource(source, options);
  }
}

/** @throws DeclarationError for what cannot work. */
export function checkFileOptions({ paths = [], globs = [], urls = [], format, maxRecordBytes = 1 }: FileOptions): void {
  if (paths.length + globs.length + urls.length === 0)
    throw new DeclarationError('Files: expected "paths", "globs" or "urls", found none of them.');
  if (format !== undefined && !Object.hasOwn(formats, format)) {
    throw new DeclarationError(
      `Files: expected a "format" of ${Object.keys(formats).join(", ")}, found ${JSON.stringify(format)}.`,
    );
  }
  if (!Number.isSafeInteger(maxRecordBytes) || maxRecordBytes < 1) {
    throw new DeclarationError(`Files: expected "maxRecordBytes" to be a whole number from 1, found ${maxRecordBytes}.`);
  }
  for (const url of urls) parseUrl(url);
}

async function* readSource({ source, name, path, open }: Source, options: ReadOptions): AsyncGenerator<readonly unknown[]> {
  const { format, packed } = formatOf(source, name, options.format);
  const reading: Reading = {
    source,
    bytes: unpacked(source, packed, open()),
    path: packed.length === 0 ? path : undefined,
    maxRecordBytes: options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES,
    csv: options.csv ?? {},
    trimLines: options.trimLines ?? false,
  };
  try {
    yield* formats[format](reading);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw isFileError(error) ? new SourceError(source, describeFileError(error), { cause: error }) : error;
  }
}

function unpacked(source: string, packed: readonly Compression[], bytes: Bytes): Bytes {
  return packed.reduce((inner, compression) => decompress(source, compression, inner), bytes);
}

async function* sourcesOf(options: ReadOptions): AsyncGenerator<Source> {
  const { paths = [], globs = [], urls = [], cwd = process.cwd(), signal } = options;
  for (const path of paths) yield path === "-" ? standardInput() : await fileSource(path, resolve(cwd, path), options);
  const matches = new Set<string>();
  for (const pattern of globs) {
    const found = await glob(pattern, { cwd, expandDirectories: false });
    if (found.length === 0) warn(options, `The glob ${JSON.stringify(pattern)} matches no file.`);
    for (const match of found) matches.add(match);
  }
  for (const match of [...matches].sort((a, b) => (a < b ? -1 : 1))) yield await fileSource(match, resolve(cwd, match), options);
  for (const given of urls) yield urlSource(parseUrl(given), { ...options.http, signal });
}

function warn({ onWarning = (message) => process.emitWarning(message) }: ReadOptions, message: string): void {
  onWarning(message);
}

function standardInput(): Source {
  return { source: "standard input", name: "-", open: () => process.stdin };
}

async function fileSource(source: string, path: string, { root, cwd = process.cwd(), signal }: ReadOptions): Promise<Source> {
  if (root !== undefined) await checkInside(source, path, resolve(cwd, root));
  return { source, name: path, path, open: () => createReadStream(path, { signal, highWaterMark: 256 * 1024 }) };
}

async function checkInside(source: string, path: string, root: string): Promise<void> {
  try {
    const way = relative(await realpath(root), await realpath(path));
    if (way !== ".." && !way.startsWith(`..${sep}`) && resolve(way) !== way) return;
  } catch (cause) {
    throw new SourceError(source, isFileError(cause) ? describeFileError(cause) : messageOf(cause), { cause });
  }
  throw new SourceError(source, 'lies outside of "root"');
}

function urlSource(url: URL, options: HttpOptions): Source {
  const source = describeUrl(url);
  async function* open() {
    yield* bodyOf(url, await request(url, options), options);
  }
  return { source, name: url.pathname.slice(url.pathname.lastIndexOf("/") + 1), open };
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function describeFileError({ code }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "this process may not read it";
  return code === "EISDIR" ? "this is a folder; to read its files, give a glob" : `cannot be read (${code})`;
}
