import type { StandardSchemaV1 } from "@standard-schema/spec";
import { DeclarationError, ValidationError } from "../errors.ts";
import { isUnchecked, type Schema } from "../processor/schema.ts";

/** Checks one value; gives what the schema makes of it. @throws ValidationError. */
export type Check = (value: unknown) => unknown;

/**
 * The check of a schema, or `undefined` where nothing is to be checked.
 *
 * @param where whose schema it is, for the error: `input of "sum"`.
 */
export function checkOf(schema: Schema | undefined, stream: string, where: string): Check | undefined {
  if (schema === undefined || isUnchecked(schema)) return undefined;
  const { validate } = schema["~standard"];
  return (value) => {
    const result = validate(value);
    if (result instanceof Promise) {
      throw new DeclarationError(
        `The schema of stream "${stream}" (${where}) checks asynchronously; a stream needs one that answers at once.`,
      );
    }
    if (result.issues) throw new ValidationError(stream, result.issues.map(toIssue), where);
    return result.value;
  };
}

function toIssue({ message, path }: StandardSchemaV1.Issue): { path: string; message: string } {
  return {
    path: (path ?? []).reduce<string>((text, part) => text + step(typeof part === "object" ? part.key : part), ""),
    message,
  };
}

function step(key: PropertyKey): string {
  if (typeof key === "number") return `[${key}]`;
  const name = String(key);
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? `.${name}`.replace(/^\./, ".") : `[${JSON.stringify(name)}]`;
}
