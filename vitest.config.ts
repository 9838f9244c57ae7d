import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Tests import "datagraph" as users do and get the sources, not the build: through a condition of the package's exports.
const conditions = ["datagraph-source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{src,processors,flows,supervisor,test}/**/*.test.ts"],
    environment: "node",
    pool: "forks",
    // Most of the tests' time is waiting, for processes, leases and outages; by default two cores would perform one file at a time.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
    reporters: ["default"],
  },
});
