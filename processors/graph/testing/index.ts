/** The suite that connectors of your own must pass. It declares tests with Vitest, which must be installed. */
import { describe } from "vitest";
import type { ConnectorCapabilities, ConnectorSuite } from "./kit.ts";
import { testUpsertingNodes } from "./upserting-nodes.ts";

/**
 * Declares the tests that every connector must pass, with Vitest.
 *
 * @example
 * testConnector({ name: "my database", open: () => connector.open(options), clear: () => deleteEverything() });
 */
export function testConnector(suite: ConnectorSuite): void {
  describe(`connector: ${suite.name}`, () => {
    testUpsertingNodes(suite);
  });
}

export type { ConnectorCapabilities, ConnectorSuite };
