import { afterEach } from "vitest";
import { within as withinDeadline } from "../../../src/testing/eventually.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Does something after the test, in reverse order. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** Waits for a promise, but not for ever: processes that share two cores may take long to start. */
export function within<T>(promise: Promise<T>, what: string, deadlineMs = 20_000): Promise<T> {
  return withinDeadline(promise, what, { deadlineMs });
}
