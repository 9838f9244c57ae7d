import { DeclarationError, many, Processor, stream, type TaskContext, type UncheckedSchema } from "datagraph";
import { type ConnectorChoice, connectionOf } from "./connect.ts";
import type { Connection, WriteStatistics } from "./connector.ts";
import { RefusedIngestionError } from "./errors.ts";
import type { DesiredIngestion } from "./model.ts";
import { StatisticsSum } from "./statistics.ts";
import { type BatchResult, writeBatch } from "./write-batch.ts";

export interface GraphWriterOptions<Name extends string = string, Input extends string = string> extends ConnectorChoice {
  /** The processor's name. Its outputs begin with it: `NAME.written` and `NAME.refused`. */
  readonly name: Name;
  /** The stream of ingestions. Default `ingestions`. */
  readonly input?: Input;
  /** Whose ingestion this is: stamped on what is written, as in `was_ingested_by_PIPELINE`. Default: no such stamps. */
  readonly pipeline?: string;
  /** Ingestions per batch, at most. Default 1000. */
  readonly batchSize?: number;
  /** How long a batch that is not full waits for more ingestions, in milliseconds. Default 50. */
  readonly maxWaitMs?: number;
  /** How many lists are written side by side, where the database takes several and they share no nodes. Default 4. */
  readonly flushLanes?: number;
  /** Write a node or relationship that several ingestions of a batch share once. Default true; otherwise each ingestion is written by itself, in order. */
  readonly debounce?: boolean;
  /** What becomes of an ingestion that cannot be stored: `emit` puts it on the output `NAME.refused`, `fail` ends the run. Default `emit`. */
  readonly onRefused?: "emit" | "fail";
  /** What time it is, for the stamps. Default: the system's. */
  readonly now?: () => Date;
}

/** One batch that was written, and acknowledged after it. */
export interface WrittenBatch extends WriteStatistics {
  /** Ingestions that came in. */
  readonly records: number;
  /** How many of them were refused. */
  readonly refused: number;
  /** Nodes to write, each once. */
  readonly nodes: number;
  /** Relationships to write, each once. */
  readonly relationships: number;
  readonly ms: number;
}

/** An ingestion that cannot be stored, and why. */
export interface RefusedIngestion {
  readonly ingestion: DesiredIngestion;
  readonly reason: string;
  readonly code: string;
}

/** What a {@link graphWriter} is to the flow around it. */
export interface GraphWriterDeclaration<Name extends string, Input extends string> {
  readonly name: Name;
  readonly inputs: Readonly<Record<Input, UncheckedSchema<DesiredIngestion>>>;
  readonly outputs: Readonly<
    Record<`${Name}.written`, UncheckedSchema<WrittenBatch>> & Record<`${Name}.refused`, UncheckedSchema<RefusedIngestion>>
  >;
}

/**
 * A processor that writes ingestions to a graph database, in batches. Writing what was written before changes nothing (but for
 * relationships with the rule `CREATE`), so a batch that comes again after a failure does no harm.
 *
 * @throws DeclarationError when an option is out of range.
 * @example
 * const writer = graphWriter({ name: "write", connector: "memory", options: { path: "people.graph" } });
 */
export function graphWriter<const Name extends string, const Input extends string = "ingestions">(
  options: GraphWriterOptions<Name, Input>,
): Processor<GraphWriterDeclaration<Name, Input>> {
  const { name, input = "ingestions", batchSize = 1000, maxWaitMs = 50, flushLanes = 4 } = options;
  if (!Number.isInteger(flushLanes) || flushLanes < 1) {
    throw new DeclarationError(`Graph writer "${name}": flushLanes must be a whole number from 1, found ${flushLanes}.`);
  }
  const [written, refused] = [`${name}.written`, `${name}.refused`];
  const processor = new Processor({
    name,
    inputs: { [input]: stream<DesiredIngestion>() },
    outputs: { [written]: stream<WrittenBatch>(), [refused]: stream<RefusedIngestion>() },
  });
  processor.implementBatch(
    { input, maxSize: batchSize, maxWaitMs },
    { connection: connectionOf(options) },
    async (ingestions: readonly DesiredIngestion[], { connection }, task) => {
      const result = await write(ingestions, connection, { ...options, flushLanes }, task);
      return { [written]: result.written, ...(result.refused.length > 0 && { [refused]: many(result.refused) }) };
    },
  );
  // The compiler does not follow names that are put together.
  return processor as unknown as Processor<GraphWriterDeclaration<Name, Input>>;
}

async function write(
  ingestions: readonly DesiredIngestion[],
  connection: Connection,
  options: GraphWriterOptions & { readonly flushLanes: number },
  { signal }: TaskContext,
): Promise<{ written: WrittenBatch; refused: RefusedIngestion[] }> {
  const { pipeline, flushLanes, debounce = true, onRefused = "emit", now = () => new Date() } = options;
  const start = performance.now();
  const statistics = new StatisticsSum();
  const refused: RefusedIngestion[] = [];
  let nodes = 0;
  let relationships = 0;
  for (const list of debounce ? [ingestions] : ingestions.map((each) => [each])) {
    const context = { now: now(), signal, ...(pipeline !== undefined && { pipeline }) };
    const result = await writeBatch(list, { connection, context, flushLanes });
    nodes += result.nodes;
    relationships += result.relationships;
    statistics.add(result.statistics);
    refused.push(...refusedOf(list, result));
    if (onRefused === "fail") failOn(result);
  }
  const ms = performance.now() - start;
  const counts = { records: ingestions.length, refused: refused.length, nodes, relationships, ms };
  return { written: { ...counts, ...statistics.total }, refused };
}

function refusedOf(ingestions: readonly DesiredIngestion[], { refused }: BatchResult): RefusedIngestion[] {
  return [...refused].map(([index, error]) => ({
    ingestion: ingestions[index] as DesiredIngestion,
    reason: describe(error),
    code: "code" in error && typeof error.code === "string" ? error.code : error.name,
  }));
}

function failOn({ refused }: BatchResult): void {
  for (const [, reason] of refused) throw new RefusedIngestionError(reason);
}

/** With what the database said. */
function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
