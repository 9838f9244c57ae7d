import { workIn } from "../../support/folder.ts";
import { fresh } from "../../support/fresh.ts";
import type { Neo4jAddress } from "../../support/neo4j/provide.ts";
import { type GraphLines, linesOfFile, linesOfNeo4j } from "./graphs.ts";
import { type PipelineRun, runProject } from "./run.ts";

/** A project of nodestream's: pipelines by name, as they stand in their files, and other files. In `%` types end; see `runsEverywhere`. */
export interface Scenario {
  readonly pipelines: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly config?: string;
  /** Records per batch. Default 1000. */
  readonly batchSize?: number;
}

/** Where a scenario's graph is made. */
export type Place = "memory" | { readonly address: Neo4jAddress; readonly useApoc: boolean };

/** Performs a scenario, in a folder of its own that becomes the working directory. */
export async function perform({ pipelines, files = {}, config = "{}", batchSize = 1000 }: Scenario, place: Place = "memory") {
  const mark = place === "memory" ? "" : `_${fresh("m").replaceAll("-", "_")}`;
  const marked = (text: string) => text.replaceAll("%", mark);
  const paths = Object.fromEntries(Object.entries(pipelines).map(([name, text]) => [`pipelines/${name}.yaml`, marked(text)]));
  const markedFiles = Object.entries(files).map(
    ([path, content]) => [path, typeof content === "string" ? marked(content) : content] as const,
  );
  await workIn({
    "nodestream.yaml": projectText(Object.keys(paths), config, targetText(place, batchSize)),
    ...paths,
    ...Object.fromEntries(markedFiles),
  });
  const runs = await runProject(".");
  return { runs, graph: await graphAt(place, mark) };
}

function projectText(paths: readonly string[], config: string, target: string): string {
  return `scopes: { default: { pipelines: ${JSON.stringify(paths)}, targets: [graph], config: ${config} } }\ntargets: { graph: ${target} }\n`;
}

function targetText(place: Place, batchSize: number): string {
  if (place === "memory") return `{ database: memory, path: the.graph, batch_size: ${batchSize} }`;
  const { address, useApoc } = place;
  return `{ database: neo4j, uri: "${address.uri}", username: "${address.username}", password: "${address.password}", use_apoc: ${useApoc}, batch_size: ${batchSize} }`;
}

async function graphAt(place: Place, mark: string): Promise<GraphLines> {
  return place === "memory" ? linesOfFile("the.graph") : linesOfNeo4j(place.address, mark);
}

/** The only run of a scenario with one pipeline. */
export function only(runs: readonly PipelineRun[]): PipelineRun {
  const [first, ...others] = runs;
  if (!first || others.length > 0) throw new Error(`expected one run, found ${runs.length}`);
  return first;
}
