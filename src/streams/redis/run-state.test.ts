import { expect, test } from "vitest";
import { ledgerNews, runState } from "./run-state.ts";

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

test("news bring a short ledger along, whatever is in it", () => {
  const { revision, state } = ledgerNews('l:12:0=5,13=0:{"a":"x:y,z=1:"}');
  expect({ revision, ledger: state?.ledger, tops: [...(state?.tops ?? [])] }).toEqual({
    revision: 12,
    ledger: '{"a":"x:y,z=1:"}',
    tops: [
      [0, { values: 5 }],
      [13, { values: 0 }],
    ],
  });
});

test("news may concern no stream, and name a revision only", () => {
  expect([...(ledgerNews("l:3::{}").state?.tops ?? [])]).toEqual([]);
  expect(ledgerNews("l:3")).toEqual({ revision: 3 });
});
