/**
 * Helpers for tests of flows, faults to test them with, and conformance suites for codecs, executors and stream stores of your own. The suites
 * declare tests with Vitest, which must be installed.
 */
export { type CodecCapabilities, type CodecFeature, testCodec } from "./codec-conformance.ts";
export { collect } from "./collect.ts";
export { ControlledSource } from "./controlled-source.ts";
export { type DeadlineOptions, eventually, within } from "./eventually.ts";
export { testExecutor } from "./executor-conformance.ts";
export { countExecutions, type Executions, noteExecution } from "./faults/executions.ts";
export { type Fault, type InjectOptions, injectFaults } from "./faults/inject.ts";
export {
  blackHole,
  type CrashableServer,
  crashServer,
  delayPackets,
  killWorker,
  resetConnections,
  stopWorker,
} from "./faults/kinds.ts";
export { NumberedProducer, type NumberedProducerOptions } from "./faults/numbered-producer.ts";
export { seededRandom } from "./faults/random.ts";
export { type FaultPlan, FaultSchedule, type PlannedFault, pickOne, planFaults } from "./faults/schedule.ts";
export type { TallyReport } from "./faults/tally.ts";
export { type RequestFilter, TcpProxy } from "./faults/tcp-proxy.ts";
export { type FollowOptions, Verifier } from "./faults/verifier.ts";
export { WorkerPool } from "./faults/worker-pool.ts";
export { type EndSignal, type ProcessEnd, WorkerProcess, type WorkerProcessOptions } from "./faults/worker-process.ts";
export { type StoreCapabilities, testStore } from "./store-conformance/index.ts";
