import { expect, test } from "vitest";
import { wire } from "../testing/store-conformance/wiring.ts";
import { initialLedger, type Ledger } from "./ledger.ts";
import { apply, type Command } from "./lifecycle.ts";

const RECORD = { ...wire({ tasks: [{ processor: "works", inputs: ["in"], outputs: ["out"] }] }), durable: true };

function after(ledger: Ledger, ...commands: readonly Command[]): Ledger {
  return commands.reduce((current, command) => apply(RECORD, current, command) ?? current, ledger);
}

const claim = (token: string): Command => ({ type: "claim", task: 0, token });
const expire = (token: string, written: number): Command => ({ type: "expire", task: 0, token, written });
const release = (token: string): Command => ({ type: "release", task: 0, token });

/** Lost so often, with so many values in its outputs each time. */
function lost(ledger: Ledger, ...written: readonly number[]): Ledger {
  return written.reduce((current, values, i) => after(current, claim(`t${i}`), expire(`t${i}`, values)), ledger);
}

test("a lost task is ready again, for another attempt", () => {
  const ledger = lost(initialLedger(RECORD), 0);
  expect(ledger).toMatchObject({ state: "running", tasks: [{ state: "ready", attempt: 1 }] });
  expect(after(ledger, claim("b")).tasks[0]).toMatchObject({ state: "running", attempt: 2, token: "b" });
});

test("only the claim that was looked at is taken back", () => {
  const ledger = after(initialLedger(RECORD), claim("a"), expire("a", 0), claim("b"));
  expect(apply(RECORD, ledger, expire("a", 0))).toBeUndefined();
  expect(apply(RECORD, ledger, release("a"))).toBeUndefined();
});

test("a task that is lost five times without getting anywhere is given up", () => {
  expect(lost(initialLedger(RECORD), 3, 3, 3, 3).tasks[0]).toMatchObject({ state: "ready", attempt: 4 });
  const ledger = lost(initialLedger(RECORD), 3, 3, 3, 3, 3);
  expect(ledger).toMatchObject({ state: "failed", tasks: [{ state: "failed", attempt: 5 }] });
  expect(ledger.end).toMatchObject({ failure: { code: "PROCESS_LOST", processor: "works", attempt: 5 } });
});

test("progress, and claims that are given back, are no reason to give up", () => {
  expect(lost(initialLedger(RECORD), 0, 1, 2, 3, 4, 5, 6, 7).state).toBe("running");
  let ledger = lost(initialLedger(RECORD), 0, 0, 0, 0);
  for (let i = 0; i < 10; i++) ledger = after(ledger, claim(`r${i}`), release(`r${i}`));
  expect(ledger.tasks[0]).toMatchObject({ state: "ready", attempt: 14 });
  expect(lost(ledger, 0).state).toBe("failed");
});

test("inputs that nobody will complete fail the run", () => {
  const ledger = after(initialLedger(RECORD), claim("a"), { type: "abandon" });
  expect(ledger).toMatchObject({ state: "failed", ends: [{ state: "failed", failure: { code: "PROCESS_LOST" } }, undefined] });
});
