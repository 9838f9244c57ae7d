import { testConnector } from "datagraph/graph/testing";
import { afterAll } from "vitest";
import { askNeo4j } from "../../test/support/neo4j/graph.ts";
import { Neo4jServer } from "../../test/support/neo4j.ts";
import { connector } from "./index.ts";

// Of its own: the suite empties the whole graph.
const server = await Neo4jServer.start();
afterAll(() => server.stop());
const { uri, username, password } = server;

for (const useApoc of [true, false]) {
  testConnector({
    name: `neo4j ${useApoc ? "with" : "without"} APOC`,
    open: () => connector.open(connector.parse({ uri, username, password, useApoc })),
    clear: async () => {
      await askNeo4j(server, "MATCH (n) DETACH DELETE n");
    },
  });
}
