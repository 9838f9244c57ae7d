import { ConnectionError, GraphReadError, GraphWriteError } from "../graph/index.ts";

const unreachable = new Set(["ServiceUnavailable", "SessionExpired"]);

/** What an error of the driver means when connecting. `address` has no credentials. */
export function toConnectionError(error: unknown, address: string): ConnectionError {
  return new ConnectionError(connectionProblem(error, address) ?? `Neo4j at ${address}: ${messageOf(error)}`, { cause: error });
}

/** What an error of the driver means when writing `what`. */
export function toWriteError(error: unknown, address: string, what: string): Error {
  if (error instanceof GraphWriteError) return error;
  const connection = connectionProblem(error, address);
  if (connection !== undefined) return new ConnectionError(connection, { cause: error });
  const code = codeOf(error);
  const reason = /ReadOnly/.test(code)
    ? "is read only"
    : /ConstraintV/.test(code)
      ? "has a constraint that forbids it"
      : "refused";
  return new GraphWriteError(`Writing ${what}: Neo4j at ${address} ${reason}: ${messageOf(error)}`, { cause: error });
}

/** What an error of the driver means when reading `what`. */
export function toReadError(error: unknown, address: string, what: string): Error {
  if (error instanceof GraphReadError) return error;
  const connection = connectionProblem(error, address);
  if (connection !== undefined) return new ConnectionError(connection, { cause: error });
  return new GraphReadError(`Reading ${what}: Neo4j at ${address} refused: ${messageOf(error)}`, { cause: error });
}

function connectionProblem(error: unknown, address: string): string | undefined {
  const code = codeOf(error);
  if (unreachable.has(code))
    return `Neo4j at ${address} cannot be reached: ${messageOf(error)} Is it running, and is the address right?`;
  if (code.startsWith("Neo.ClientError.Security.")) {
    return /Forbidden/.test(code)
      ? `The user of Neo4j at ${address} lacks a permission: ${messageOf(error)}`
      : `Neo4j at ${address} refused the credentials: ${messageOf(error)} Check the options "username" and "password".`;
  }
  if (code.startsWith("Neo.ClientError.Database.")) return `Neo4j at ${address} has no such database: ${messageOf(error)}`;
  return undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** The first line, as a sentence: what follows repeats the statement. */
function messageOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
