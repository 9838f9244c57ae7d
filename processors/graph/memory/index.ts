/** The embedded property graph, as a value. */
export { type MemoryOptions, memoryConnector } from "./connector.ts";
export { type ExportFormat, exportGraph } from "./exports/index.ts";
export { loadGraph, saveGraph } from "./graph-file.ts";
export { type KeysByType, MemoryGraph, type MemoryNode, type MemoryRelationship } from "./memory-graph.ts";
export type { MemoryHook } from "./queries.ts";
export { type Direction, match, type NodeFilter, NodeQuery } from "./query.ts";
