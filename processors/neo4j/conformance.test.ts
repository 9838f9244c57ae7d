import { testConnector } from "datagraph/graph/testing";
import driver from "neo4j-driver";
import { afterAll } from "vitest";
import { Neo4jServer } from "../../test/support/neo4j.ts";
import { connector } from "./index.ts";

// Of its own: the suite empties the whole graph.
const server = await Neo4jServer.start();
const { uri, username, password } = server;
const client = driver.driver(uri, driver.auth.basic(username, password));
afterAll(async () => {
  await client.close();
  await server.stop();
});

async function clear(): Promise<void> {
  await client.executeQuery("MATCH (n) DETACH DELETE n");
}

for (const useApoc of [true, false]) {
  testConnector({
    name: `neo4j ${useApoc ? "with" : "without"} APOC`,
    open: () => connector.open(connector.parse({ uri, username, password, useApoc })),
    clear,
    // What an index of Neo4j holds, in bytes.
    capabilities: { longestKey: 8_000 },
  });
}
