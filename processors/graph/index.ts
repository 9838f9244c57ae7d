/** The property graph: what is written, the port to the databases it is written to, and the processors that write. */
export { type ConnectorChoice, connect, connectionOf } from "./connect.ts";
export type * from "./connector.ts";
export * from "./errors.ts";
export { checkTimeToLive, type Expired, type GraphExpiryDeclaration, type GraphExpiryOptions, graphExpiry } from "./expiry.ts";
export { keyIdentity, keyNames, nodeIdentity, operationIdentity, relationshipIdentity, valueIdentity } from "./identity.ts";
export type * from "./model.ts";
export { type NormaliserName, normaliser, normalisers } from "./normalise.ts";
export { findConnector, registerConnector } from "./registry.ts";
export { type Group, groupNodes, groupRelationships, type NodeGroup, type RelationshipGroup } from "./shapes.ts";
export { dueUntil, LAST_INGESTED_AT, stampsOf } from "./stamps.ts";
export { problemOf } from "./validate.ts";
export { canonical, isFloat, isInteger, isTemporal } from "./values.ts";
export { type BatchResult, type BatchSettings, writeBatch } from "./write-batch.ts";
export * from "./writer.ts";
