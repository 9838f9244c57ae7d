/** Seeing what a project does not say about its graph. */
export {
  type AuditedType,
  auditTimesToLive,
  type Due,
  dueByTimesToLive,
  type TimeToLiveFinding,
} from "./times-to-live.ts";
