import { DeclarationError, TerminalError } from "datagraph";

/** A part of a declaration that cannot work. Whoever read the declaration from a file finds the part in it by `path`. */
export class InvalidPartError extends DeclarationError {
  /** Where in the declaration: `interpretations[1].nodeKey.id`. */
  readonly path: string;
  /** What was expected there, and what was found. */
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}.`);
    this.path = path;
    this.problem = problem;
  }
}

/** A record that cannot be interpreted or transformed, however often. Other records are not affected: it belongs to the dead letters. */
export class InterpretationError extends TerminalError {
  /** Where in the declaration: `interpretations[1].nodeKey.id`. */
  readonly declaration: string;
  /** Where in the record: `the record`, `value 3 of iterateOn`. */
  readonly place: string;
  /** What was expected, and what was found. */
  readonly problem: string;

  constructor(name: string, declaration: string, place: string, problem: string, options?: ErrorOptions) {
    super(`${name}: ${declaration}: ${problem} (in ${place}).`, { code: "INTERPRETATION", ...options });
    this.declaration = declaration;
    this.place = place;
    this.problem = problem;
  }
}

/** What is wrong with a record, as the compiled function that finds it knows it: it knows its declaration, not where in the record it is. */
export class Problem extends Error {
  readonly declaration: string;

  constructor(declaration: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.declaration = declaration;
  }
}

/** The error for people made of what a compiled function threw. What is no {@link Problem} is a mistake of ours and stays as it is. */
export function interpretationError(name: string, place: string, thrown: unknown): unknown {
  // The stack, or a number's size, has an end: that is the record's fault, not the run's.
  if (thrown instanceof RangeError) {
    return new InterpretationError(name, "the declaration", place, "the record is too deep or too large", { cause: thrown });
  }
  if (!(thrown instanceof Problem)) return thrown;
  return new InterpretationError(name, thrown.declaration, place, thrown.message, { cause: thrown.cause });
}
