/** How often workers' announcements are asked for. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeclarationMismatchError } from "../processor/declaration-record.ts";
import type { Announced, DeclarationBoard } from "../streams/store.ts";
import { wire } from "../testing/store-conformance/wiring.ts";
import { AnnouncedCheck } from "./declarations.ts";

const record = wire({ durable: true, tasks: [{ processor: "works", inputs: ["in"], outputs: ["out"] }] });
const asDeclared = { processor: "works", wait: false, inputs: [{ name: "in" }], outputs: [{ name: "out" }] };
const otherwise = { ...asDeclared, wait: true };

/** What one worker has announced, and how often it was asked for. */
class Board implements DeclarationBoard {
  announcements: readonly Announced[] = [];
  asked = 0;

  async announce(): Promise<void> {}

  async announced(processors: readonly string[]): Promise<readonly (readonly Announced[])[]> {
    this.asked++;
    return processors.map(() => this.announcements);
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("who has agreed is not asked again for a while", async () => {
  const [board, check] = [new Board(), new AnnouncedCheck()];
  board.announcements = [{ declaration: asDeclared, by: "a worker" }];
  for (let i = 0; i < 3; i++) await check.check(board, record);
  expect(board.asked).toBe(1);
  vi.advanceTimersByTime(11_000);
  board.announcements = [{ declaration: otherwise, by: "a worker" }];
  await expect(check.check(board, record)).rejects.toThrow(DeclarationMismatchError);
});

test("nobody, and who does not agree, is asked again each time", async () => {
  const [board, check] = [new Board(), new AnnouncedCheck()];
  for (let i = 0; i < 2; i++) await check.check(board, record);
  board.announcements = [{ declaration: otherwise, by: "a worker" }];
  for (let i = 0; i < 2; i++) await expect(check.check(board, record)).rejects.toThrow(DeclarationMismatchError);
  expect(board.asked).toBe(4);
});
