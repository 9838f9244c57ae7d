declare const problem: unique symbol;

/**
 * What a wrong argument is compared with, so that the compiler's message says what is wrong in plain words.
 * No value has this type. `Details` shows the types involved.
 */
export interface TypeProblem<Message extends string, Details = unknown> {
  readonly [problem]: readonly [Message, Details];
}
