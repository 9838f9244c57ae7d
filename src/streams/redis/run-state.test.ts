import { expect, test } from "vitest";
import { runState } from "./run-state.ts";

test("a script's reply gives revision, ledger and what is stored of each stream", () => {
  const state = runState(["7", "{}", "3", "40", "1", "0", "0", "0"]);
  expect({ ...state, tops: [...state.tops] }).toEqual({
    revision: 7,
    ledger: "{}",
    tops: [
      [0, { values: 3, bytes: 40, floor: 1 }],
      [1, { values: 0, bytes: 0, floor: 0 }],
    ],
  });
});
