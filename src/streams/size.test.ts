import { expect, test } from "vitest";
import { estimateBytes } from "./size.ts";

test.each<[string, unknown, least: number, most: number]>([
  ["a number", 7, 8, 8],
  ["nothing", undefined, 8, 8],
  ["a text", "x".repeat(1000), 1000, 1100],
  ["bytes", new Uint8Array(1000), 1000, 1100],
  ["a part of a buffer", Buffer.alloc(1000).subarray(0, 10), 10, 100],
  ["a record", { id: 7, name: "seven", ok: true }, 40, 200],
  ["a list of texts", Array.from({ length: 1000 }, () => "x".repeat(100)), 100_000, 150_000],
  ["a map", new Map([[1, 2]]), 50, 200],
])("%s", (_, value, least, most) => {
  expect(estimateBytes(value)).toBeGreaterThanOrEqual(least);
  expect(estimateBytes(value)).toBeLessThanOrEqual(most);
});

test("values that are rings, or that refuse to be looked at, have a size, too", () => {
  const ring: Record<string, unknown> = {};
  ring.self = ring;
  const hostile = Object.defineProperty({}, "x", {
    enumerable: true,
    get() {
      throw new Error("do not look");
    },
  });
  for (const value of [ring, hostile, Object.create(null), new Proxy({}, {}), () => {}, Symbol("s"), 1n]) {
    expect(estimateBytes(value)).toBeGreaterThan(0);
  }
});
