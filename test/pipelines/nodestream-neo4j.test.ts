import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { sharedNeo4j } from "../support/neo4j.ts";
import { perform } from "./kit/nodestream.ts";
import { scenarios } from "./kit/scenarios.ts";

const address = await sharedNeo4j();

beforeAll(() => {
  vi.stubEnv("TEST_LABEL", "of the environment");
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe.each([true, false])("the same pipelines make the same graphs in Neo4j, with APOC: %s", (useApoc) => {
  test.each(Object.entries(scenarios))("%s", async (_, scenario) => {
    const { graph } = await perform(scenario, { address, useApoc });
    expect(graph).toEqual([...scenario.graph].sort());
  });
});
