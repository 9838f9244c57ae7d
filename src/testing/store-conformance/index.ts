import { describe } from "vitest";
import type { StreamStore } from "../../streams/store.ts";
import { testAppendingAndReading } from "./appending-and-reading.ts";
import { testCheckpoints } from "./checkpoints.ts";
import { testClosing } from "./closing.ts";
import { testCompleteInputs } from "./complete-inputs.ts";
import { testDeadLetters } from "./dead-letters.ts";
import { testDeadlines } from "./deadlines.ts";
import { testDeadlock } from "./deadlock.ts";
import { testEnds } from "./ends.ts";
import { testFailingAndStopping } from "./failing-and-stopping.ts";
import { testFlowControl } from "./flow-control.ts";
import type { StoreCapabilities } from "./kit.ts";
import { testLifeCycle } from "./life-cycle.ts";
import { testReplicas } from "./replicas.ts";
import { testRestarting } from "./restarting.ts";
import { testResuming } from "./resuming.ts";
import { testRetention } from "./retention.ts";
import { testRuns } from "./runs.ts";
import { testSharing } from "./sharing.ts";

/**
 * Declares the tests that every stream store must pass, with Vitest.
 *
 * @param name names the store in the tests' output.
 * @param makeStore makes a store; the suite closes it. Stores on one server may share it: the suite uses fresh run ids.
 * @example
 * // my-store.test.ts
 * testStore("my store", () => connectMyStore(url), { bytes: "exact", sharedBetweenProcesses: true });
 */
export function testStore(name: string, makeStore: () => Promise<StreamStore>, capabilities: StoreCapabilities): void {
  const suite = { makeStore, capabilities };
  describe(`stream store: ${name}`, () => {
    testAppendingAndReading(suite);
    testEnds(suite);
    testFlowControl(suite);
    testRetention(suite);
    testDeadLetters(suite);
    testDeadlines(suite);
    testDeadlock(suite);
    testLifeCycle(suite);
    testFailingAndStopping(suite);
    testRuns(suite);
    testCompleteInputs(suite);
    testResuming(suite);
    testRestarting(suite);
    testReplicas(suite);
    testCheckpoints(suite);
    testClosing(suite);
    testSharing(suite);
  });
}

export type { StoreCapabilities };
