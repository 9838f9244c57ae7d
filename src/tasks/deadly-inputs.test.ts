import { expect, test } from "vitest";
import { fc } from "../../test/support/random.ts";
import { DeadlyValue } from "../streams/deadly-value.ts";
import { initialLedger } from "../streams/ledger.ts";
import { apply, type Command } from "../streams/lifecycle.ts";
import type { Following } from "../streams/store.ts";
import { suspectsOf, type Values } from "../streams/suspects.ts";
import { wire } from "../testing/store-conformance/wiring.ts";
import { driveCarefully } from "./drive-carefully.ts";
import { type Drive, driveBatch, driveEach } from "./drive-each.ts";
import { Emitter } from "./emitter.ts";
import { ListReader } from "./list-reader.ts";

const RECORD = { ...wire({ tasks: [{ processor: "sink", inputs: ["in"] }] }), durable: true };
const NOWHERE = { take: () => undefined, wait: async () => false, revoked: false, close: () => undefined };

/** A run whose processes die of some values of its input. */
class MortalRun {
  ledger = initialLedger(RECORD);
  readonly handled = new Set<number>();
  /** Known to all attempts, as dead letters are. */
  readonly setAside = new Set<number>();
  readonly deaths = new Map<number, number>();
  /** How far the input is for good. */
  #stored = 0;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Performs the task until it is done, or given up. */
  async perform(): Promise<void> {
    while (this.ledger.state === "running") {
      const token = `attempt ${this.ledger.tasks[0]?.attempt}`;
      this.#apply({ type: "claim", task: 0, token });
      const isDone = await this.#attempt(token);
      if (isDone) this.#apply({ type: "settle", task: 0, token, end: { state: "completed" } });
      else this.#apply({ type: "expire", task: 0, token, written: this.#stored });
    }
  }

  /** `false` when its process dies. */
  async #attempt(token: string): Promise<boolean> {
    const { count, inLists, concurrency, lag } = this.#settings;
    const life = { isOver: false, reached: this.#stored };
    const from = this.#stored;
    const store = () => {
      if (!life.isOver) this.#stored = life.reached;
    };
    const following: Following = {
      from,
      stepwiseUntil: 0,
      listFrom: () => undefined,
      emits: () => undefined,
      reached: (position) => {
        life.reached = position;
        // What is done is stored some time later.
        if (position % lag === 0) store();
      },
    };
    const emitter = new Emitter("sink", new Map(), () => {
      throw new Error("It has no outputs");
    });
    const drive: Drive = {
      reader: new ListReader(
        Array.from({ length: count - from }, (_, n) => from + n),
        NOWHERE,
      ),
      call: (input) => this.#call(inLists ? (input as unknown[]) : [input], life),
      emitter,
      signal: new AbortController().signal,
      following,
      onLeft: () => undefined,
      onBegin: () => undefined,
    };
    const settings = { concurrency, ordered: true, maxSize: 7, maxWaitMs: 0 };
    const handle = (given: Drive) => (inLists ? driveBatch(given, settings) : driveEach(given, settings));
    const hold = async (values: Values | undefined) => {
      this.#apply({ type: "hold", task: 0, token, values });
    };
    const suspects = suspectsOf(this.ledger.tasks[0] ?? {});
    const names = { processor: "sink", stream: "in" };
    try {
      const passed =
        suspects && (await driveCarefully({ ...drive, following, suspects, inLists, handle, names, claim: { hold } }));
      await handle({ ...drive, from: passed ?? from });
    } catch (error) {
      if (!life.isOver) throw error;
    }
    return !life.isOver;
  }

  async #call(values: readonly unknown[], life: { isOver: boolean }): Promise<void> {
    await Promise.resolve();
    for (const value of values) {
      if (life.isOver) throw new Error("dead");
      if (value instanceof DeadlyValue) this.setAside.add(Number(value.value));
      else if (this.setAside.has(Number(value))) continue;
      else if (this.#settings.deadly.has(Number(value))) {
        this.deaths.set(Number(value), (this.deaths.get(Number(value)) ?? 0) + 1);
        life.isOver = true;
        throw new Error("dies");
      } else this.handled.add(Number(value));
    }
  }

  #apply(command: Command): void {
    this.ledger = apply(RECORD, this.ledger, command) ?? this.ledger;
  }
}

interface Settings {
  readonly count: number;
  readonly deadly: ReadonlySet<number>;
  readonly inLists: boolean;
  readonly concurrency: number;
  /** Positions are stored where they are divisible by this. */
  readonly lag: number;
}

test("whatever kills processes is set aside, nothing else is, and all else is handled", async () => {
  const settings = fc.record({
    count: fc.constantFrom(1, 20, 700, 3_000),
    deadly: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 4 }),
    inLists: fc.boolean(),
    concurrency: fc.integer({ min: 1, max: 5 }),
    lag: fc.constantFrom(1, 10, 400, 100_000),
  });
  await fc.assert(
    fc.asyncProperty(settings, async ({ deadly: places, ...rest }) => {
      const deadly = new Set(places.map((place) => Math.floor(place * rest.count)));
      const run = new MortalRun({ ...rest, deadly });
      await run.perform();
      expect(run.ledger.state).toBe("completed");
      expect(run.setAside).toEqual(deadly);
      expect(run.handled.size).toBe(rest.count - deadly.size);
      expect([...run.deaths.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(5 * deadly.size);
    }),
    { numRuns: 150 },
  );
});
