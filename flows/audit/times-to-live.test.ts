import { auditTimesToLive } from "datagraph/audit";
import { expect, it } from "vitest";

it("names the types that live for ever, those with several times to live, and times to live of nothing", () => {
  const types = [
    { on: "node", type: "Person" },
    { on: "node", type: "Team" },
    { on: "relationship", type: "Team" },
    { on: "relationship", type: "KNOWS" },
  ] as const;
  const findings = auditTimesToLive(types, [
    { on: "node", type: "Person", expiryHours: 24 },
    { on: "node", type: "Person", expiryHours: 48 },
    { on: "node", type: "Team", expiryHours: 1 },
    { on: "node", type: "KNOWS", expiryHours: 1 },
  ]);
  expect(findings).toEqual([
    { on: "node", type: "Person", problem: "several", message: 'Node type "Person" has several times to live: 24 h, 48 h.' },
    { on: "relationship", type: "Team", problem: "missing", message: 'Relationship type "Team" has no time to live.' },
    { on: "relationship", type: "KNOWS", problem: "missing", message: 'Relationship type "KNOWS" has no time to live.' },
    { on: "node", type: "KNOWS", problem: "unknown", message: 'Node type "KNOWS" has a time to live, and nothing makes it.' },
  ]);
});

it("finds nothing where all is said", () => {
  expect(auditTimesToLive([{ on: "node", type: "Person" }], [{ on: "node", type: "Person", expiryHours: 0 }])).toEqual([]);
  expect(auditTimesToLive([], [])).toEqual([]);
});
