import { DatagraphError } from "datagraph";

/** Where in a source something is. Lines and columns count from 1. */
export interface Place {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** A source that cannot be read, or read on: missing, of an unknown kind, broken, refused by its server. `source` holds no secrets. */
export class SourceError extends DatagraphError {
  /** The file's path, the address without its query and credentials, or `standard input`. */
  readonly source: string;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(source: string, problem: string, { line, column, ...options }: ErrorOptions & Place & { code?: string } = {}) {
    const { code = "SOURCE", ...rest } = options;
    super(code, `${describePlace(source, { line, column })}: ${problem}.`, rest);
    this.source = source;
    this.line = line;
    this.column = column;
  }
}

/** One record that cannot be read. The others can: see `refused`. */
export class BadRecordError extends SourceError {
  /** The record as it was found, at most its first 1,000 characters. Not in the message: it may hold secrets. */
  readonly text: string;

  constructor(source: string, problem: string, place: Place, text: string, options: ErrorOptions = {}) {
    super(source, problem, { ...options, ...place, code: "BAD_RECORD" });
    this.text = text.slice(0, 1000);
  }
}

/** A record that was set aside, as the output `refused` carries it. */
export interface RefusedRecord {
  readonly source: string;
  readonly line: number | null;
  readonly column: number | null;
  /** What is wrong with it, with its place. */
  readonly problem: string;
  /** At most its first 1,000 characters. */
  readonly text: string;
}

/** The plain-data form of the error. */
export function toRefused({ source, line, column, message, text }: BadRecordError): RefusedRecord {
  return { source, line: line ?? null, column: column ?? null, problem: message, text };
}

function describePlace(source: string, { line, column }: Place): string {
  if (line === undefined) return source;
  return column === undefined ? `${source}:${line}` : `${source}:${line}:${column}`;
}

export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/[.\s]+$/, "");
}
