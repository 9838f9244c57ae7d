import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeadlockWatch, deadlocks, type Party, type WaitEdge } from "./deadlock.ts";

const write = (from: Party, to: Party, stream: number): WaitEdge => ({ from, to, stream, kind: "write", wait: `${from}>${to}` });
const read = (from: Party, to: Party, stream: number): WaitEdge => ({ from, to, stream, kind: "read", wait: `${from}>${to}` });

describe("deadlocks", () => {
  test.each<[string, WaitEdge[], number[]]>([
    ["nobody waits", [], []],
    ["a writer waits for a reader that is busy", [write(0, 1, 5)], []],
    ["a reader waits for a writer that is busy", [read(1, 0, 5)], []],
    ["two branches of one writer are read one after the other", [write(0, 1, 5), read(1, 0, 6)], [5]],
    ["a task waits for itself", [write(0, 0, 5)], [5]],
    ["a ring of tasks", [write(0, 1, 5), write(1, 2, 6), read(2, 0, 7)], [5, 6]],
    ["a ring through the caller", [write(0, "caller", 5), read("caller", 0, 6)], [5]],
    ["a ring through a supplied input", [write("input 3", 1, 3), read(1, 0, 4), read(0, "input 3", 3)], [3]],
    ["feeds of two inputs are not one", [write("input 3", 1, 3), read(1, "input 4", 4)], []],
    ["a ring of readers alone has no buffer that could grow", [read(0, 1, 5), read(1, 0, 6)], []],
    ["who waits for a ring is not part of it", [write(0, 1, 5), read(1, 0, 6), write(2, 0, 7)], [5]],
    ["two rings", [write(0, 1, 5), read(1, 0, 6), write(2, 3, 7), read(3, 2, 8)], [5, 7]],
    ["one stream with two readers in rings counts once", [write(0, 1, 5), write(0, 2, 5), read(1, 0, 6), read(2, 0, 6)], [5]],
  ])("%s", (_, edges, expected) => {
    expect([...new Set(deadlocks(edges).map(({ stream }) => stream))].sort()).toEqual(expected);
  });

  test("who goes on in a stream while it waits elsewhere does not wait with it", () => {
    const slow = { ...read(1, 0, 6), goesOn: (stream: number) => stream === 5 };
    expect(deadlocks([write(0, 1, 5), slow])).toEqual([]);
    expect(deadlocks([write(0, 1, 7), slow])).toEqual([write(0, 1, 7)]);
  });
});

describe("DeadlockWatch", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function watched(edges: WaitEdge[], bounds: Record<number, number> = {}) {
    const state = { edges, grown: [] as number[] };
    const watch = new DeadlockWatch({
      waits: () => state.edges,
      bound: (stream) => bounds[stream] ?? 1,
      grow: (stream) => {
        state.grown.push(stream);
        bounds[stream] = (bounds[stream] ?? 1) * 2;
      },
    });
    return { watch, state };
  }
  const RING = [write(0, 1, 5), write(1, 2, 6), read(2, 0, 7)];

  test("grows the smallest full buffer of a ring in which nothing moves", () => {
    const { watch, state } = watched(RING, { 5: 8, 6: 2 });
    watch.begin();
    vi.advanceTimersByTime(20);
    expect(state.grown[0]).toBe(6);
    watch.end();
  });

  test("does not look while no writer waits, nor once it is stopped", () => {
    const { watch, state } = watched(RING);
    vi.advanceTimersByTime(10_000);
    watch.begin();
    watch.begin();
    watch.end();
    watch.end();
    expect(vi.getTimerCount()).toBe(0);
    watch.begin();
    watch.stop();
    vi.advanceTimersByTime(10_000);
    expect(state.grown).toEqual([]);
  });

  test("leaves a ring alone whose writers wait anew", () => {
    const { watch, state } = watched(RING);
    watch.begin();
    for (let ms = 0; ms < 1000; ms++) {
      state.edges = RING.map((edge) => ({ ...edge, wait: ms }));
      vi.advanceTimersByTime(1);
    }
    expect(state.grown).toEqual([]);
    watch.end();
  });

  test("grows a ring that stalls beside one that goes on", () => {
    const { watch, state } = watched(RING);
    watch.begin();
    for (let ms = 0; ms < 30; ms++) {
      state.edges = [...RING, { ...write(3, 4, 8), wait: ms }, read(4, 3, 9)];
      vi.advanceTimersByTime(1);
    }
    expect(state.grown.length).toBeGreaterThan(0);
    expect(state.grown).not.toContain(8);
    watch.end();
  });

  test("waits longer and longer while growing does not help", () => {
    const { watch, state } = watched(RING);
    watch.begin();
    vi.advanceTimersByTime(10_000);
    expect(state.grown.length).toBeGreaterThan(5);
    expect(state.grown.length).toBeLessThan(25);
    watch.end();
  });

  test("keeps the process alive while it may be all that can unblock the run, and only then", () => {
    vi.useRealTimers();
    const { watch, state } = watched([]);
    const timeout = vi.spyOn(globalThis, "setTimeout");
    watch.begin();
    const timer = timeout.mock.results[0]?.value as NodeJS.Timeout;
    expect(timer.hasRef(), "a look for who has just begun to wait").toBe(true);
    timer.unref();
    state.edges = RING;
    watch.check();
    expect(timer.hasRef(), "somebody else has begun to wait").toBe(true);
    watch.stop();
    timeout.mockRestore();
  });

  test("keeps no process alive for a writer that waits for somebody who does not wait", () => {
    const { watch } = watched([write(0, "caller", 5), read(2, 0, 6)]);
    const timeout = vi.spyOn(globalThis, "setTimeout");
    watch.begin();
    vi.advanceTimersByTime(50);
    const timer = timeout.mock.results.at(-1)?.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    watch.end();
    timeout.mockRestore();
  });
});
