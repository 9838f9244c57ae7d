import type { Progress } from "datagraph";
import type { PipelinePlan, PipelineSummary, TargetSummary } from "datagraph/pipelines";
import { duration } from "../progress/table.ts";

/** How a run of a pipeline has ended, as a program reads it. */
export interface PipelineResult extends PipelineSummary {
  readonly pipeline: string;
  readonly run: string;
  readonly seconds: number;
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** How a run of a pipeline has ended, in a line for people, and one for each target. */
export function summaryText({ pipeline, records, unreadable, deadLetters, targets, seconds }: PipelineResult): string {
  const rate = seconds > 0 ? ` (${whole.format(records / seconds)}/s)` : "";
  const bad = [
    ...(unreadable > 0 ? [`${whole.format(unreadable)} could not be read`] : []),
    ...(deadLetters > 0 ? [`${counted(deadLetters, "dead letter")}`] : []),
  ];
  const head = `${pipeline}: ${counted(records, "record")} in ${duration(seconds * 1000)}${rate}${bad.map((one) => `, ${one}`).join("")}`;
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

function counted(count: number, what: string): string {
  return `${whole.format(count)} ${what}${count === 1 ? "" : "s"}`;
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
  return `${whole.format(count)} ${count === 1 ? "batch" : "batches"}`;
}
