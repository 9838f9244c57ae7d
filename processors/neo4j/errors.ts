import { DatagraphError } from "datagraph";
import { ConnectionError, GraphWriteError } from "../graph/index.ts";

/** What Neo4j could not read, or what it holds and the graph model does not have. Its own message is the cause. */
export class GraphReadError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("GRAPH_READ", message, options);
  }
}

/** What an error of the driver means when connecting. `address` has no credentials. */
export function toConnectionError(error: unknown, address: string): ConnectionError {
  return new ConnectionError(problemOf(error, address), { cause: error });
}

/** What an error of the driver means when writing `what`. Statements are ours: what is wrong with one is what was to be written. */
export function toWriteError(error: unknown, address: string, what: string): GraphWriteError {
  if (error instanceof GraphWriteError) return error;
  const isData =
    /^Neo\.ClientError\.Statement\.(?!AccessMode)/.test(codeOf(error)) || /too large to index/.test(messageOf(error));
  const kind = isData ? "data" : "database";
  return new GraphWriteError(kind, `Writing ${what}: ${problemOf(error, address)}`, { cause: error });
}

/** What an error of the driver means when reading `what`. */
export function toReadError(error: unknown, address: string, what: string): Error {
  if (error instanceof GraphReadError || error instanceof ConnectionError) return error;
  return new GraphReadError(`Reading ${what}: ${problemOf(error, address)}`, { cause: error });
}

/** From the driver's codes to what people need to know. The first that matches says it. */
const problems: readonly (readonly [code: RegExp, problem: string, advice?: string])[] = [
  [/^(ServiceUnavailable|SessionExpired)$/, "cannot be reached", "Is it running, and is the address right?"],
  [/^Neo\.ClientError\.Security\.Forbidden/, "does not permit this to its user"],
  [/^Neo\.ClientError\.Security\./, "refused the credentials", 'Check the options "username" and "password".'],
  [/^Neo\.ClientError\.Database\./, "has no such database", 'Check the option "database".'],
  [/ReadOnly|AccessMode/, "is read only"],
  [/ConstraintV/, "has a constraint that forbids this"],
  [/^Neo\.TransientError\./, "had a passing problem that did not pass", 'The option "retryMs" says how long it is tried again.'],
];

function problemOf(error: unknown, address: string): string {
  const code = codeOf(error);
  const [, problem = "refused", advice] = problems.find(([pattern]) => pattern.test(code)) ?? [];
  return `Neo4j at ${address} ${problem}: ${messageOf(error)}${advice === undefined ? "" : ` ${advice}`}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** The first line, as a sentence: what follows repeats the statement. */
function messageOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
