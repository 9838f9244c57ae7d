import { DeclarationError } from "datagraph";
import { expect, test } from "vitest";
import { fc } from "../../../test/support/random.ts";
import { TokenBucket } from "./token-bucket.ts";

test("one after the other, at its rate", () => {
  const bucket = new TokenBucket(10, 1, 0);
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 100, 200]);
  // Two are owed: at 200 the second of them is paid, and the next one is due at 300.
  expect(bucket.take(200)).toBe(100);
  expect(bucket.take(400)).toBe(0);
});

test("after a pause as many at once as the burst says, and no more", () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect([1, 2, 3, 4].map(() => bucket.take(10_000))).toEqual([0, 0, 0, 100]);
});

test("time that goes back gives nothing", () => {
  const bucket = new TokenBucket(10, 1, 1000);
  expect(bucket.take(1000)).toBe(0);
  expect(bucket.take(0)).toBe(100);
  expect(bucket.take(1100)).toBe(100);
});

test("never more than its rate and its burst, whatever happens when", () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(pauses, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 5 }), (waits, perSecond, burst) => {
      const bucket = new TokenBucket(perSecond, burst, 0);
      let now = 0;
      const passed: number[] = [];
      for (const pause of waits) {
        now += pause;
        now += bucket.take(now);
        passed.push(now);
      }
      for (const [i, start] of passed.entries()) {
        for (const [j, end] of passed.entries()) {
          if (j > i) expect(j - i + 1).toBeLessThanOrEqual(burst + ((end - start) * perSecond) / 1000 + 1e-6);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test.each([
  [0, 1],
  [Number.NaN, 1],
  [Number.POSITIVE_INFINITY, 1],
  [1, 0],
])("%d per second with a burst of %d is refused", (perSecond, burst) => {
  expect(() => new TokenBucket(perSecond, burst, 0)).toThrow(DeclarationError);
});
