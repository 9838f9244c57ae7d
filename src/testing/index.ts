/**
 * Helpers for tests of flows, and conformance suites for codecs, executors and stream stores of your own. The suites
 * declare tests with Vitest, which must be installed.
 */
export { type CodecCapabilities, type CodecFeature, testCodec } from "./codec-conformance.ts";
export { collect } from "./collect.ts";
export { ControlledSource } from "./controlled-source.ts";
export { type DeadlineOptions, eventually, within } from "./eventually.ts";
export { testExecutor } from "./executor-conformance.ts";
export { type StoreCapabilities, testStore } from "./store-conformance/index.ts";
