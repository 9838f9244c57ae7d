/** The property graph: what is written, and the port to the databases it is written to. */
export type * from "./connector.ts";
export * from "./errors.ts";
export { keyIdentity, keyNames, nodeIdentity, operationIdentity, relationshipIdentity, valueIdentity } from "./identity.ts";
export type * from "./model.ts";
export { findConnector, registerConnector } from "./registry.ts";
export { type Group, groupNodes, groupRelationships, type NodeGroup, type RelationshipGroup } from "./shapes.ts";
export { LAST_INGESTED_AT, stampsOf } from "./stamps.ts";
