import type { Progress } from "datagraph";
import type { PipelinePlan, PipelineSummary, TargetSummary } from "datagraph/pipelines";
import { counted, rate } from "../progress/counted.ts";
import { duration } from "../progress/table.ts";

/** How a run of a pipeline has ended, as a program reads it. */
export interface PipelineResult extends PipelineSummary {
  readonly pipeline: string;
  readonly run: string;
  readonly seconds: number;
}

/** How a run of a pipeline has ended, in a line for people, and one for each target. */
export function summaryText({ pipeline, records, unreadable, deadLetters, targets, seconds }: PipelineResult): string {
  const bad = [
    ...(unreadable > 0 ? [`${counted(unreadable)} could not be read`] : []),
    ...(deadLetters > 0 ? [`${counted(deadLetters, "dead letter")}`] : []),
  ];
  const head = `${pipeline}: ${counted(records, "record")} in ${duration(seconds * 1000)}${rate(records, seconds)}${bad.map((one) => `, ${one}`).join("")}`;
  const lines = targets.length === 0 ? ["  written nowhere: no target"] : targets.map((target) => `  ${targetText(target)}`);
  return `${[head, ...lines].join("\n")}\n`;
}

function targetText({ target, nodes, relationships, refused, ...counts }: TargetSummary): string {
  const done = [
    ...change("node", counts.nodesCreated, "created"),
    ...change("relationship", counts.relationshipsCreated, "created"),
    ...change("node", counts.nodesDeleted || undefined, "deleted"),
    ...change("relationship", counts.relationshipsDeleted || undefined, "deleted"),
  ];
  const written = `${counted(nodes, "node")} and ${counted(relationships, "relationship")} written`;
  const bad = refused > 0 ? `, ${counted(refused, "ingestion")} refused` : "";
  return `${target}: ${written}${done.length > 0 ? ` (${done.join(", ")})` : ""}${bad}`;
}

function change(what: string, count: number | undefined, how: string): string[] {
  return count === undefined ? [] : [`${counted(count, what)} ${how}`];
}

/** What is being written, while it is: a line for each target. */
export function targetLines(
  plan: PipelinePlan,
  summary: PipelineSummary,
  progress: Progress,
  batchSizes: ReadonlyMap<string, number>,
) {
  return summary.targets.map(({ target, nodes, relationships }) => {
    const write = plan.writes.find((one) => one.target === target);
    const waiting = progress.streams[write?.ingestions ?? ""]?.backlog ?? 0;
    const batches = Math.ceil(waiting / (batchSizes.get(target) ?? 1000));
    return `${target}: ${counted(nodes, "node")} and ${counted(relationships, "relationship")} written, ${batchText(batches)} in flight`;
  });
}

function batchText(count: number): string {
  return `${counted(count)} ${count === 1 ? "batch" : "batches"}`;
}
