import { type Dependency, depends } from "datagraph";
import type { Connection, Connector } from "./connector.ts";
import { findConnector } from "./registry.ts";

/** Which database, and how to reach it. */
export interface ConnectorChoice {
  /** A connector, or its alias: `memory`, `null`, one that was registered, or the name of a package that exports `connector`. */
  readonly connector: string | Connector;
  /** What the connector needs, as it describes it. */
  readonly options?: unknown;
}

/**
 * Opens a database. Whoever opens it closes it.
 *
 * @throws UnknownConnectorError, ConnectorOptionsError, ConnectionError.
 */
export async function connect({ connector, options }: ConnectorChoice): Promise<Connection> {
  const found = typeof connector === "string" ? await findConnector(connector) : connector;
  return found.open(found.parse(options));
}

/** A connection for as long as a task takes. */
export function connectionOf(choice: ConnectorChoice): Dependency<Connection> {
  return depends(async function* () {
    const connection = await connect(choice);
    try {
      yield connection;
    } finally {
      await connection.close();
    }
  });
}
