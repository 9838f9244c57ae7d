import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { perform } from "./kit/nodestream.ts";
import { scenarios } from "./kit/scenarios.ts";

beforeAll(() => {
  vi.stubEnv("TEST_LABEL", "of the environment");
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe("a project of nodestream's makes the graph that it describes", () => {
  test.each(Object.entries(scenarios))("%s", async (_, scenario) => {
    const { graph } = await perform(scenario);
    expect(graph).toEqual(scenario.graph);
  });
});
