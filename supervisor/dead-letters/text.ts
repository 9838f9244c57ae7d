import type { DeadLetter } from "datagraph";
import { toJsonLine } from "../outputs/jsonable.ts";
import { readableText } from "../outputs/value-text.ts";
import { printable } from "../progress/printable.ts";

/** One dead letter as a line for a person. */
export function letterLine({ id, processor, stream, index, attempts, failure }: DeadLetter): string {
  const what = `${printable(processor)}  value ${index} of ${printable(stream)}  ${times(attempts)}`;
  return `${printable(id)}  ${what}  ${printable(`${failure.name}: ${failure.message}`)}\n`;
}

/** Everything about one, for a person. */
export function letterDetails(letter: DeadLetter, { colours, columns }: { colours: boolean; columns: number }): string {
  const { id, run, processor, stream, index, count, attempts, failure, at, bytes } = letter;
  const which = count === 1 ? `value ${index}` : `values ${index} to ${index + count - 1}, that cannot be decoded,`;
  const causes: string[] = [];
  for (let cause = failure.cause; cause; cause = cause.cause) causes.push(`caused by ${cause.name}: ${cause.message}`);
  return [
    printable(id),
    `  processor "${printable(processor)}" of run ${printable(run)}, attempt ${failure.attempt ?? 1}`,
    `  ${which} of stream "${printable(stream)}", ${times(attempts)}, set aside ${new Date(at).toISOString()}`,
    `  ${printable(`${failure.name}: ${failure.message}`)}${failure.code === undefined ? "" : ` [${printable(failure.code)}]`}`,
    ...causes.map((cause) => `  ${printable(cause)}`),
    ...(failure.stack ?? "").split("\n").flatMap((line) => (/^\s+at /.test(line) ? [`    ${printable(line.trim())}`] : [])),
    `  ${bytes?.length ?? 0} bytes (${printable(letter.codec)})`,
    "value" in letter ? readableText(false, { colours, columns: () => columns })("", letter.value).trimEnd() : "",
    "",
  ].join("\n");
}

/** One as JSON, on one line. Bytes are base64. */
export function letterJson({ at, ...letter }: DeadLetter): string {
  return `${toJsonLine({ ...letter, at: new Date(at).toISOString() })}\n`;
}

function times(attempts: number): string {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}
