import { DatagraphError } from "../errors.ts";

/**
 * The format of what processes of different versions hand each other: tasks, and the records and ledgers of runs. It is raised when
 * an older version would misunderstand what a newer one writes.
 */
export const FORMAT = 1;

/** Something of a newer version of this library, which is left for processes that know it. */
export class UnknownFormatError extends DatagraphError {
  constructor(what: string, format: unknown) {
    super(
      "UNKNOWN_FORMAT",
      `${what} has format ${String(format)}, and this version of datagraph knows formats up to ${FORMAT}. It was left as it is: use the version ` +
        "that made it, or a later one.",
    );
  }
}

/** Plain data with the format it is in, as text. `leaveOut` names fields that only mean something in this process. */
export function toEnvelope(data: object, leaveOut?: string): string {
  return JSON.stringify({ v: FORMAT, ...data }, (key, value: unknown) => (key === leaveOut ? undefined : value));
}

/** @param what names it in the error. @throws UnknownFormatError. */
export function fromEnvelope<T extends object>(text: string, what: string): T {
  const { v = FORMAT, ...data } = JSON.parse(text) as T & { v?: unknown };
  checkFormat(v, what);
  // It is what `toEnvelope` made of such data: nobody else writes there.
  return data as unknown as T;
}

/** @throws UnknownFormatError for a format that is newer than this version, or none at all. */
export function checkFormat(format: unknown, what: string): void {
  if (typeof format !== "number" || format > FORMAT) throw new UnknownFormatError(what, format);
}
