import { expect, test } from "vitest";
import { InputPositions } from "./input-positions.ts";

const [LINES, TABLE] = [0, 1];

test("an input is where the slowest of its open readers is", () => {
  const positions = new InputPositions();
  positions.opened(LINES, { position: 7 });
  positions.opened(LINES, { position: 4 });
  expect(positions.save()).toEqual(new Map([[LINES, 4]]));
});

test("an input that was read whole before any checkpoint is read again", () => {
  const positions = new InputPositions();
  const table = { position: 5 };
  positions.opened(TABLE, table);
  positions.closed(TABLE, table, 5);
  positions.opened(LINES, { position: 2 });
  expect(positions.save()).toEqual(new Map([[LINES, 2]]));
});

test("an input that a checkpoint has found open is where its reader has left it", () => {
  const positions = new InputPositions();
  const lines = { position: 3 };
  positions.opened(LINES, lines);
  positions.save();
  positions.closed(LINES, lines, 9);
  expect(positions.save()).toEqual(new Map([[LINES, 9]]));
});

test("a later attempt begins where the checkpoint was, or further where it is asked to", () => {
  const positions = new InputPositions(new Map([[LINES, 10]]));
  expect([positions.first(LINES, 0), positions.first(LINES, 12), positions.first(TABLE, 0)]).toEqual([10, 12, 0]);
  // It is not lost when a checkpoint comes before it is read.
  expect(positions.save()).toEqual(new Map([[LINES, 10]]));
});
