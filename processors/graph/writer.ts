import { DeclarationError, depends, type FailureOptions, many, Processor, stream, type UncheckedSchema } from "datagraph";
import { type ConnectorChoice, connectionOf } from "./connect.ts";
import { RefusedIngestionError } from "./errors.ts";
import { IngestionWriter, type WrittenBatch } from "./ingestion-writer.ts";
import type { DesiredIngestion } from "./model.ts";

export type { WrittenBatch };

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
  /**
   * Instead of `onRefused`: an ingestion that cannot be stored goes to the dead letters, with the reason; then the run goes on, or stops.
   * A database that refuses altogether ends the run, and nothing is set aside for it.
   */
  readonly deadLetter?: NonNullable<FailureOptions["deadLetter"]>;
  /** What time it is, for the stamps. Default: the system's. */
  readonly now?: () => Date;
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
  checkOptions(options);
  const { name, input = "ingestions", batchSize = 1000, maxWaitMs = 50, deadLetter } = options;
  const [written, refused] = [`${name}.written`, `${name}.refused`];
  const processor = new Processor({
    name,
    inputs: { [input]: stream<DesiredIngestion>() },
    outputs: { [written]: stream<WrittenBatch>(), [refused]: stream<RefusedIngestion>() },
  });
  processor.implementBatch(
    { input, maxSize: batchSize, maxWaitMs, ...(deadLetter && { deadLetter, fatal: isNoRefusal }) },
    { writer: writerOf(options) },
    async (ingestions: readonly DesiredIngestion[], { writer }, task) => {
      const outcome = await writer.write(ingestions, task);
      if (!outcome) return undefined;
      const letters = [...outcome.refused].map(([index, reason]) => refusedOf(ingestions[index] as DesiredIngestion, reason));
      return { [written]: outcome.written, ...(letters.length > 0 && { [refused]: many(letters) }) };
    },
  );
  // The compiler does not follow names that are put together.
  return processor as unknown as Processor<GraphWriterDeclaration<Name, Input>>;
}

function checkOptions({ name, flushLanes = 1, deadLetter, onRefused }: GraphWriterOptions): void {
  if (!Number.isInteger(flushLanes) || flushLanes < 1) {
    throw new DeclarationError(`Graph writer "${name}": flushLanes must be a whole number from 1, found ${flushLanes}.`);
  }
  if (deadLetter !== undefined && onRefused !== undefined) {
    throw new DeclarationError(
      `Graph writer "${name}": deadLetter and onRefused both say what becomes of what cannot be stored; leave one of them out.`,
    );
  }
}

function writerOf(options: GraphWriterOptions) {
  const { pipeline, flushLanes = 4, debounce = true, deadLetter, now = () => new Date() } = options;
  const onRefused = deadLetter ? "alone" : (options.onRefused ?? "emit");
  return depends(
    { connection: connectionOf(options) },
    ({ connection }) => new IngestionWriter({ connection, pipeline, flushLanes, debounce, onRefused, now }),
  );
}

/** Whether an error is about more than one ingestion. */
function isNoRefusal(error: unknown): boolean {
  return !(error instanceof RefusedIngestionError);
}

function refusedOf(ingestion: DesiredIngestion, reason: Error): RefusedIngestion {
  const code = "code" in reason && typeof reason.code === "string" ? reason.code : reason.name;
  return { ingestion, reason: describe(reason), code };
}

/** With what the database said. */
function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
