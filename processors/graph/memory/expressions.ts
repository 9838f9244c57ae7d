import { RE2JS } from "re2js";
import { GraphWriteError } from "../errors.ts";
import type { Properties } from "../model.ts";
import { getValue } from "../properties.ts";

/** A property and the expression that its whole value must match. */
export interface Expression {
  readonly name: string;
  readonly pattern: RE2JS;
}

/**
 * The expressions of a `FUZZY` key. They run in time that grows with the text and not with what the expression could try
 * (RE2): no key from outside can stop the process. Look-around and back references do not exist there.
 *
 * @throws GraphWriteError of kind `data` when one is no text, or no expression.
 */
export function expressionsOf(key: Properties): readonly Expression[] {
  return Object.keys(key).map((name) => {
    const text = getValue(key, name);
    if (typeof text !== "string") {
      throw new GraphWriteError(
        "data",
        `A fuzzy key takes expressions, which are texts; key part "${name}" is a ${typeof text}.`,
      );
    }
    return { name, pattern: compile(name, text) };
  });
}

/** Whether all properties are texts that match as a whole. */
export function matchesAll(properties: Properties, expressions: readonly Expression[]): boolean {
  return expressions.every(({ name, pattern }) => {
    const value = getValue(properties, name);
    return typeof value === "string" && pattern.matches(value);
  });
}

function compile(name: string, text: string): RE2JS {
  if (text.length > LONGEST_EXPRESSION) {
    throw new GraphWriteError(
      "data",
      `The expression of fuzzy key part "${name}" has ${text.length} characters; the most is ${LONGEST_EXPRESSION}.`,
    );
  }
  try {
    return RE2JS.compile(text);
  } catch (cause) {
    throw new GraphWriteError("data", `Fuzzy key part "${name}" is no regular expression that RE2 understands.`, { cause });
  }
}

const LONGEST_EXPRESSION = 10_000;
