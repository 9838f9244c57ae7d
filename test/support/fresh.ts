import { randomBytes } from "node:crypto";

/** A name that no other test and no other run uses: all tests of a run share one Redis, and so may several runs. */
export function fresh(name = "test"): string {
  return `${name}-${randomBytes(6).toString("hex")}`;
}
