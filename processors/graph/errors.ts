import { DatagraphError } from "datagraph";

/** Why a write failed: because of what was to be written, or because of the database. */
export type WriteFailureKind = "data" | "database";

/**
 * A write that a database refuses, with its own message as the cause. Connectors have retried by then what was worth it.
 *
 * With `kind: "data"` something in the list cannot be stored there; the writer finds it and refuses its record alone. With
 * `kind: "database"` (read only, constraint, no permission, connection lost) going on makes no sense.
 */
export class GraphWriteError extends DatagraphError {
  readonly kind: WriteFailureKind;

  constructor(kind: WriteFailureKind, message: string, options?: ErrorOptions) {
    super("GRAPH_WRITE", message, options);
    this.kind = kind;
  }
}

/** A database that cannot be reached, or lets nobody in. */
export class ConnectionError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("GRAPH_CONNECTION", message, options);
  }
}

/** Options that a connector does not understand. Values are left out of the message where they may be secrets. */
export class ConnectorOptionsError extends DatagraphError {
  /** The option, as in `path`; empty when it is about all of them. */
  readonly option: string;

  constructor(connector: string, option: string, problem: string, options?: ErrorOptions) {
    super("CONNECTOR_OPTIONS", `Connector "${connector}"${option === "" ? "" : `, option "${option}"`}: ${problem}.`, options);
    this.option = option;
  }
}

/** An alias that is neither a connector's nor a package that exports one. */
export class UnknownConnectorError extends DatagraphError {
  constructor(alias: string, problem: string, known: readonly string[], options?: ErrorOptions) {
    super(
      "UNKNOWN_CONNECTOR",
      `There is no connector "${alias}": ${problem}. Known ones: ${known.join(", ")}. ` +
        "Others are packages, named in full, that export `connector`; or register one with registerConnector().",
      options,
    );
  }
}

/** A value that no property graph can store, and where it was found. */
export class UnstorableError extends DatagraphError {
  constructor(where: string, found: string, whatToDo: string, options?: ErrorOptions) {
    super("UNSTORABLE", `${where} cannot be stored: found ${found}. ${whatToDo}`, options);
  }
}

/** A file of the embedded graph that cannot be read, written or used. */
export class GraphFileError extends DatagraphError {
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super("GRAPH_FILE", `The graph file ${path}: ${problem}.`, options);
  }
}

/** An ingestion that was refused, where that is to end the run. What the database or the check said is its cause. */
export class RefusedIngestionError extends DatagraphError {
  constructor(reason: Error) {
    super("REFUSED_INGESTION", `An ingestion cannot be stored: ${reason.message}`, { cause: reason });
  }
}

/** A time to live that could delete what was to be kept. */
export class InvalidTimeToLiveError extends DatagraphError {
  constructor(field: string, expected: string, found: unknown) {
    super("INVALID_TIME_TO_LIVE", `A time to live's ${field}: ${expected}, found ${typeof found} ${String(found)}.`);
  }
}
