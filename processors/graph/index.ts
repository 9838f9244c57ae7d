/** The property graph: what is written, and the port to the databases it is written to. */
export type * from "./connector.ts";
export type * from "./model.ts";
