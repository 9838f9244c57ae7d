import { expect, test } from "vitest";
import type { Point, Rect } from "./svg-layout.ts";
import { pointsOf, titlePlace } from "./svg-titles.ts";

const frame: Rect = { x: 100, y: 50, width: 400, height: 200 };
const straight = (from: Point, to: Point): readonly Point[] => [from, from, to, to];

test("a title is at the left of its frame, unless a curve crosses it there", () => {
  const elsewhere = straight([0, 200], [450, 210]);
  expect(titlePlace(frame, 120, [elsewhere])).toEqual({ x: 114, y: 57, width: 120, height: 18 });
  const steep = straight([150, 0], [160, 240]);
  const { x } = titlePlace(frame, 120, [steep]);
  expect(x).toBeGreaterThan(152);
  expect(x).toBeLessThan(180);
});

test("where the whole edge is crossed the title keeps to its frame", () => {
  const fence = Array.from({ length: 40 }, (_, i) => straight([100 + i * 10, 0], [100 + i * 10, 240]));
  const { x, width } = titlePlace(frame, 120, fence);
  expect(x).toBeGreaterThanOrEqual(114);
  expect(x + width).toBeLessThanOrEqual(486);
  expect(titlePlace(frame, 500, fence).x, "of a title that is wider than its frame").toBe(114);
});

test("a curve's points are close together, from its start to its end", () => {
  const points = [
    ...pointsOf([
      [0, 0],
      [300, 0],
      [0, 300],
      [300, 300],
      [350, 300],
      [400, 300],
      [500, 300],
    ]),
  ];
  expect([points.at(0), points.at(-1)]).toEqual([
    [0, 0],
    [500, 300],
  ]);
  for (const [i, [x, y]] of points.entries()) {
    const [nextX, nextY] = points[i + 1] ?? [x, y];
    expect(Math.hypot(nextX - x, nextY - y)).toBeLessThan(10);
  }
});
