import { setTimeout as delay } from "node:timers/promises";
import type { BookmarkManager, Driver, QueryResult, RecordShape, Session } from "neo4j-driver";
import { toConnectionError } from "./errors.ts";
import { loadLibrary, type Neo4jLibrary } from "./library.ts";
import type { ParsedNeo4jOptions } from "./options.ts";
import { FromDriver } from "./values/from-driver.ts";
import { ToDriver } from "./values/to-driver.ts";

type Parameters = Readonly<Record<string, unknown>>;
type Row = RecordShape<string, unknown>;

/** One statement, and how often it is made to run. */
export interface Statement {
  /** @param attempt from 1; more after errors that pass by themselves. */
  readonly text: string | ((attempt: number) => string | Promise<string>);
  readonly parameters: Parameters;
}

/** An opened Neo4j: statements in transactions of their own, tried again when that may help. */
export class Database {
  readonly address: string;
  readonly options: ParsedNeo4jOptions;
  readonly toDriver: ToDriver;
  readonly fromDriver: FromDriver;
  readonly #library: Neo4jLibrary;
  readonly #driver: Driver;
  /** So that one session sees what another one has written, on a cluster too. */
  readonly #bookmarks: BookmarkManager;

  private constructor(library: Neo4jLibrary, driver: Driver, options: ParsedNeo4jOptions) {
    this.address = new URL(options.uri).host;
    this.options = options;
    this.#library = library;
    this.#driver = driver;
    this.#bookmarks = library.bookmarkManager();
    this.toDriver = new ToDriver(library);
    this.fromDriver = new FromDriver(library);
  }

  /** @throws ConnectionError when it cannot be reached, refuses the credentials, or has no such database. */
  static async open(options: ParsedNeo4jOptions): Promise<Database> {
    const library = await loadLibrary();
    const { uri, username, password, maxConnections, connectTimeoutMs } = options;
    const driver = library.driver(uri, library.auth.basic(username, password), {
      useBigInt: true,
      maxConnectionPoolSize: maxConnections,
      connectionTimeout: connectTimeoutMs,
      connectionAcquisitionTimeout: Math.max(connectTimeoutMs, 60_000),
      userAgent: "datagraph",
      telemetryDisabled: true,
    });
    const database = new Database(library, driver, options);
    try {
      await database.read("RETURN 1");
      return database;
    } catch (error) {
      await driver.close();
      throw toConnectionError(error, database.address);
    }
  }

  /** Runs a statement in a transaction of its own. After an error that may pass by itself it is tried again, ever less often, for `retryMs`. */
  async write({ text, parameters }: Statement, signal?: AbortSignal): Promise<QueryResult<Row>> {
    const { retryMs, onRetry } = this.options;
    const deadline = performance.now() + retryMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#run("WRITE", typeof text === "string" ? text : await text(attempt), parameters, signal);
      } catch (error) {
        const pauseMs = Math.random() * Math.min(20 * 2 ** attempt, 2_000);
        if (!this.#library.isRetryableError(error) || performance.now() + pauseMs > deadline) throw error;
        onRetry?.(error as Error, attempt);
        await delay(pauseMs, undefined, { ...(signal && { signal }) }).catch(() => signal?.throwIfAborted());
      }
    }
  }

  /** Runs a statement that only reads, once. */
  read(text: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<QueryResult<Row>> {
    return this.#run("READ", text, parameters, signal);
  }

  /** The rows of a statement that only reads, page by page: the next one is asked for when the last one is taken. */
  async *stream(
    text: string,
    parameters: Parameters,
    { pageSize, signal }: { pageSize: number; signal?: AbortSignal | undefined },
  ) {
    signal?.throwIfAborted();
    const session = this.#session("READ", pageSize);
    // Not `for await`: leaving that loop cancels the result, and so does closing the session. The driver would tell the server twice, which takes it once.
    const records = session.run<Row>(text, { ...parameters })[Symbol.asyncIterator]();
    try {
      let page: Row[] = [];
      for (;;) {
        const next = await abortable(records.next(), signal);
        if (next.done) break;
        page.push(next.value.toObject());
        if (page.length < pageSize) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    } finally {
      await closed(session, signal);
    }
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    await this.#driver.close();
  }

  async #run(mode: "READ" | "WRITE", text: string, parameters: Parameters, signal?: AbortSignal): Promise<QueryResult<Row>> {
    signal?.throwIfAborted();
    const session = this.#session(mode);
    try {
      return await abortable(session.run<Row>(text, { ...parameters }), signal);
    } finally {
      await closed(session, signal);
    }
  }

  #session(mode: "READ" | "WRITE", fetchSize?: number): Session {
    const { database } = this.options;
    return this.#driver.session({
      defaultAccessMode: mode,
      bookmarkManager: this.#bookmarks,
      ...(database !== undefined && { database }),
      ...(fetchSize !== undefined && { fetchSize }),
    });
  }
}

/** Closing waits for the statement that is under way. When the signal has fired nobody should. */
async function closed(session: Session, signal?: AbortSignal): Promise<void> {
  const closing = session.close();
  if (signal?.aborted) closing.catch(() => {});
  else await closing;
}

/** The promise, or the signal's reason, whichever is first. */
function abortable<T>(promise: PromiseLike<T>, signal?: AbortSignal): PromiseLike<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    const settle = () => signal.removeEventListener("abort", abort);
    promise.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}
