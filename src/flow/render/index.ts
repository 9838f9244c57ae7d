/** Pictures of a resolved flow, with or without a run's progress laid over them. */
export { toDot } from "./dot.ts";
export type { FlowJson, ProcessorJson, StreamJson } from "./json.ts";
export { toJson } from "./json.ts";
export { toMermaid } from "./mermaid.ts";
export { toSvg } from "./svg.ts";
export { toText } from "./text.ts";
