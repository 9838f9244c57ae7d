/** The embedded property graph, as a value. */
export { type MemoryOptions, memoryConnector } from "./connector.ts";
export { MemoryGraph, type MemoryNode, type MemoryRelationship } from "./memory-graph.ts";
export type { MemoryHook } from "./queries.ts";
