import {
  type IngestionContext,
  type IngestionHook,
  type NodeOperation,
  type NodeShape,
  type Properties,
  type QueryExecutor,
  type RelationshipOperation,
  type RelationshipShape,
  stampsOf,
  type TimeToLive,
  type WriteStatistics,
} from "../../graph/index.ts";
import { nodeStatement, relationshipStatement, type StatementOptions } from "../cypher/statements.ts";
import type { Database, Statement } from "../database.ts";
import { toWriteError } from "../errors.ts";
import { expire } from "./expiry.ts";
import { runHook } from "./hooks.ts";
import { KeyConstraints } from "./key-constraints.ts";
import { commonNames, nodeRows, type Row, relationshipRows } from "./rows.ts";
import { Statistics } from "./statistics.ts";

/** Types can come from data: statements of this many shapes are remembered, then all are forgotten. */
const maxStatements = 1000;

/** Writes to Neo4j: one statement per shape, with `UNWIND` over the rows of a chunk. */
export class Neo4jQueryExecutor implements QueryExecutor {
  readonly #database: Database;
  readonly #keys: KeyConstraints;
  readonly #apoc: () => Promise<boolean>;
  readonly #statements = new Map<string, string>();
  /** By shape: the names of the properties of its last list, where all had the same. */
  readonly #names = new Map<string, string>();

  /** @param apoc finds out whether its procedures are there and to be used. */
  constructor(database: Database, apoc: () => Promise<boolean>) {
    this.#database = database;
    this.#keys = new KeyConstraints(database);
    this.#apoc = apoc;
  }

  upsertNodes(shape: NodeShape, operations: readonly NodeOperation[], context: IngestionContext): Promise<WriteStatistics> {
    return this.#writing(`nodes of type "${shape.type}"`, context, async () => {
      const names = this.#usualNames(
        shape,
        operations.map(({ node }) => node.properties),
      );
      const rows = nodeRows(operations, shape, names, this.#database.toDriver);
      const stamps = stampsOf(context, shape.stamp);
      const text = this.#statement("nodes", { shape, names, stamps }, (options) => nodeStatement(shape, options));
      if (shape.rule === "EAGER") await this.#keys.ensure(shape.type, shape.keys, context.signal);
      return this.#inChunks(text, rows, stamps, context);
    });
  }

  upsertRelationships(
    shape: RelationshipShape,
    operations: readonly RelationshipOperation[],
    context: IngestionContext,
  ): Promise<WriteStatistics> {
    return this.#writing(`relationships of type "${shape.type}"`, context, async () => {
      const names = this.#usualNames(
        shape,
        operations.map(({ relationship }) => relationship.properties),
      );
      const rows = relationshipRows(operations, shape, names, this.#database.toDriver);
      const stamps = stampsOf(context, shape.stamp);
      const named = { shape, names, stamps };
      const first = this.#statement("relationships", named, (options) => relationshipStatement(shape, options));
      const again = () =>
        this.#statement("locked", named, (options) => relationshipStatement(shape, { ...options, lockFirst: true }));
      // Relationships lock the nodes at their ends, and no order of rows is one for both ends. Who met others in that way locks them all first.
      const text = async (attempt: number) => (attempt > 1 && (await this.#apoc()) ? again() : first);
      return this.#inChunks(text, rows, stamps, context);
    });
  }

  expire(ttl: TimeToLive, context: IngestionContext): Promise<WriteStatistics> {
    return this.#writing(`the expiry of "${ttl.type}"`, context, () => expire(this.#database, ttl, context));
  }

  runHook(hook: IngestionHook, context: IngestionContext): Promise<void> {
    return this.#writing(`hook "${hook.name}"`, context, () => runHook(this.#database, hook, context.signal));
  }

  async #inChunks(
    text: Statement["text"],
    rows: readonly Row[],
    stamps: Properties,
    context: IngestionContext,
  ): Promise<WriteStatistics> {
    const { options, toDriver } = this.#database;
    const shared = { stamps: toDriver.properties(stamps), now: toDriver.instant(context.now, "now") };
    const statistics = new Statistics();
    for (let start = 0; start < rows.length; start += options.chunkSize) {
      const chunk = rows.slice(start, start + options.chunkSize);
      const { summary } = await this.#database.write({ text, parameters: { rows: chunk, ...shared } }, context.signal);
      statistics.add(summary);
    }
    return statistics.total;
  }

  /**
   * The names of the properties that all rows have, where a shape keeps to them: each other set of names is a statement more, which the database has to plan,
   * and data may hold as many as it has rows. Those of the first list are taken, and others once two lists in a row have had them.
   */
  #usualNames(shape: NodeShape | RelationshipShape, properties: readonly Properties[]): readonly string[] | undefined {
    const names = commonNames(properties, shape.keys);
    if (!names || names.length === 0) return names;
    const [id, found] = [JSON.stringify(shape), JSON.stringify(names)];
    const before = this.#names.get(id);
    if (before === undefined && this.#names.size >= maxStatements) this.#names.clear();
    this.#names.set(id, found);
    return before === undefined || before === found ? names : undefined;
  }

  #statement(kind: string, { shape, names, stamps: stamped }: NamedShape, make: (options: StatementOptions) => string): string {
    const stamps = Object.keys(stamped);
    const id = `${kind} ${JSON.stringify([shape, names ?? null, stamps])}`;
    let statement = this.#statements.get(id);
    if (statement === undefined) {
      if (this.#statements.size >= maxStatements) this.#statements.clear();
      statement = make({ stamps, properties: names, firstIngestedAt: this.#database.options.firstIngestedAt });
      this.#statements.set(id, statement);
    }
    return statement;
  }

  async #writing<T>(what: string, { signal }: IngestionContext, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      signal.throwIfAborted();
      throw toWriteError(error, this.#database.address, what);
    }
  }
}

/** What a statement's text depends on. */
interface NamedShape {
  readonly shape: NodeShape | RelationshipShape;
  /** The names of the properties that all rows have; absent where they differ. */
  readonly names: readonly string[] | undefined;
  readonly stamps: Properties;
}
