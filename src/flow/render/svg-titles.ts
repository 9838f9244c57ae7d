import type { Point, Rect } from "./svg-layout.ts";

const INSET = 14;
const TOP = 7;
const HEIGHT = 18;
/** How far places that are tried lie apart, and how far a curve's points. */
const STEP = 6;
const STRIDE = 3;
/** What an arrow keeps clear of a title. */
const CLEARANCE = 4;

/**
 * Where a frame's title goes: at its upper edge, as far left as it is not crossed by a curve. The layout keeps room for titles
 * free of boxes, but not of the curves that come into the frame from above. Where all of the edge is crossed, the place with the fewest crossings.
 */
export function titlePlace(frame: Rect, width: number, curves: Iterable<readonly Point[]>): Rect {
  const [top, bottom] = [frame.y + TOP, frame.y + TOP + HEIGHT];
  const crossings: number[] = [];
  for (const curve of curves) {
    for (const [x, y] of pointsOf(curve)) if (y > top - CLEARANCE && y < bottom + CLEARANCE) crossings.push(x);
  }
  const [first, last] = [frame.x + INSET, frame.x + frame.width - INSET - width];
  let best = { x: first, crossed: Number.POSITIVE_INFINITY };
  for (let x = first; x <= Math.max(first, last); x += STEP) {
    const crossed = crossings.filter((at) => at > x - CLEARANCE && at < x + width + CLEARANCE).length;
    if (crossed < best.crossed) best = { x, crossed };
    if (crossed === 0) break;
  }
  return { x: best.x, y: top, width, height: HEIGHT };
}

/** Points on a curve: a start, then triples of Bézier points. */
export function* pointsOf(curve: readonly Point[]): Generator<Point> {
  for (let i = 0; i + 3 < curve.length; i += 3) {
    const [a, b, c, d] = curve.slice(i, i + 4);
    if (!a || !b || !c || !d) return;
    const steps = Math.ceil((distance(a, b) + distance(b, c) + distance(c, d)) / STRIDE);
    for (let k = 0; k <= steps; k++) yield bezier(a, b, c, d, steps === 0 ? 0 : k / steps);
  }
}

function bezier(a: Point, b: Point, c: Point, d: Point, t: number): Point {
  const at = (axis: 0 | 1) => {
    const u = 1 - t;
    return u ** 3 * a[axis] + 3 * u ** 2 * t * b[axis] + 3 * u * t ** 2 * c[axis] + t ** 3 * d[axis];
  };
  return [at(0), at(1)];
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
