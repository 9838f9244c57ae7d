/** Pipelines: from sources to graph databases, in TypeScript or declared in YAML. */
export { projectJsonSchema } from "./datagraph/schema.ts";
export { Pipeline, type PipelineOptions, type PipelineSelection, pipeline, type Target } from "./pipeline.ts";
export type { PipelinePlan, PlannedWrite } from "./plan.ts";
export { ProjectNotFoundError, UnknownNameError } from "./project/errors.ts";
export { findProject, loadProject } from "./project/load.ts";
export type { PipelineEntry, Project, ProjectNote } from "./project/project.ts";
export { step } from "./steps/index.ts";
export type { RecordStepOptions } from "./steps/records.ts";
export type { RefusalOptions } from "./steps/sources.ts";
export type * from "./steps/step.ts";
export type { StepCases, SwitchOptions } from "./steps/switch.ts";
export { type PipelineSummary, PipelineTally, type TargetSummary } from "./tally.ts";
export { type FileProblem, ProjectFileError } from "./yaml/errors.ts";
export type { Place } from "./yaml/node.ts";
