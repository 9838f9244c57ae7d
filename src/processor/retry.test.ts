import { describe, expect, test } from "vitest";
import { fc } from "../../test/support/random.ts";
import { DeclarationError, ValidationError } from "../errors.ts";
import { ONCE, type RetryOptions, retryPolicy, verdictOn } from "./retry.ts";
import { RetryableError, TerminalError } from "./verbs.ts";

const policy = (options: RetryOptions = {}) => retryPolicy(options, "this");
const failed = (error: unknown, attempt = 1, random = 0) => ({ error, attempt, now: 1_000, random });

describe("how long to wait", () => {
  test("doubles up to the longest, without jitter", () => {
    const { verdicts } = { verdicts: [1, 2, 3, 4, 5, 60] };
    const steady = policy({ attempts: 100, backoff: { initialMs: 100, maxMs: 1_000, jitter: 0 } });
    const waits = verdicts.map((attempt) => verdictOn(steady, failed(new Error(), attempt, 0.7)));
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000].map((afterMs) => ({ again: true, afterMs })));
  });

  test("is wholly left to chance unless it is said otherwise, and never longer", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 200 }), (random, attempt) => {
        const verdict = verdictOn(policy({ attempts: 1_000 }), failed(new Error(), attempt, random));
        const longest = Math.min(200 * 2 ** (attempt - 1), 30_000);
        expect(verdict).toEqual({ again: true, afterMs: Math.round(longest * (1 - random)) });
      }),
    );
  });

  test("is as an error asks for: in milliseconds, or not before a moment", () => {
    const waitFor = (retryAfter: number | Date) => verdictOn(policy(), failed(new RetryableError("wait", { retryAfter })));
    expect(waitFor(70)).toEqual({ again: true, afterMs: 70 });
    expect(waitFor(new Date(1_500))).toEqual({ again: true, afterMs: 500 });
    expect(waitFor(new Date(500))).toEqual({ again: true, afterMs: 0 });
    expect(waitFor(2 ** 40)).toEqual({ again: true, afterMs: 2 ** 31 - 1 });
    expect(waitFor(Number.NaN)).toEqual({ again: true, afterMs: 200 });
  });
});

describe("whether to try again", () => {
  test("as often as is declared", () => {
    const again = [1, 2, 3].map((attempt) => verdictOn(policy({ attempts: 3 }), failed(new Error(), attempt)).again);
    expect(again).toEqual([true, true, false]);
    expect(verdictOn(ONCE, failed(new RetryableError("again"))).again).toBe(false);
  });

  test("never for what would fail again", () => {
    for (const error of [new TerminalError("no"), new ValidationError("n", [], "input"), new DeclarationError("no")]) {
      expect(verdictOn(policy({ nonRetryable: () => false }), failed(error)).again).toBe(false);
    }
  });

  test("not for classes, names and what a predicate says; an error that says so itself is tried again", () => {
    class MyError extends RangeError {}
    const named = Object.assign(new Error("x"), { name: "ResponseError" });
    const byList = policy({ nonRetryable: [RangeError, "ResponseError"] });
    expect([new MyError(), named, new TypeError(), "text"].map((error) => verdictOn(byList, failed(error)).again)).toEqual([
      false,
      false,
      true,
      true,
    ]);
    const byPredicate = policy({ nonRetryable: (error) => error === 1 });
    expect([1, 2].map((error) => verdictOn(byPredicate, failed(error)).again)).toEqual([false, true]);
    expect(verdictOn(policy({ nonRetryable: () => true }), failed(new RetryableError("again"))).again).toBe(true);
  });
});

test.each([
  [{ attempts: 0 }, /attempts must be a whole number from 1, found 0/],
  [{ attempts: 1.5 }, /attempts/],
  [{ backoff: { initialMs: -1 } }, /initialMs/],
  [{ backoff: { factor: 0.5 } }, /factor/],
  [{ backoff: { maxMs: Infinity } }, /maxMs/],
  [{ backoff: { jitter: 2 } }, /jitter/],
] as const)("refuses %o", (options, message) => {
  expect(() => policy(options)).toThrow(DeclarationError);
  expect(() => policy(options)).toThrow(message);
});
