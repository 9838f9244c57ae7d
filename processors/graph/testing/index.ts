/** The suite that connectors of your own must pass. It declares tests with Vitest, which must be installed. */
import { describe } from "vitest";
import { testConnections } from "./connections.ts";
import { testHostileNames } from "./hostile.ts";
import type { ConnectorCapabilities, ConnectorSuite } from "./kit.ts";
import { testRetrieving } from "./retrieving.ts";
import { testRules } from "./rules.ts";
import { testStampsAndExpiry } from "./stamps.ts";
import { testUpsertingNodes } from "./upserting-nodes.ts";
import { testUpsertingRelationships } from "./upserting-relationships.ts";
import { testValues } from "./values.ts";

/**
 * Declares the tests that every connector must pass, with Vitest.
 *
 * @example
 * testConnector({ name: "my database", open: () => connector.open(options), clear: () => deleteEverything() });
 */
export function testConnector(suite: ConnectorSuite): void {
  describe(`connector: ${suite.name}`, () => {
    testUpsertingNodes(suite);
    testUpsertingRelationships(suite);
    testRules(suite);
    testValues(suite);
    testHostileNames(suite);
    testStampsAndExpiry(suite);
    testRetrieving(suite);
    testConnections(suite);
  });
}

export type { ConnectorCapabilities, ConnectorSuite };
