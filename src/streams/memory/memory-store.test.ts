import { testStore } from "../../testing/store-conformance/index.ts";
import { MemoryStore } from "./memory-store.ts";

testStore("memory", async () => new MemoryStore(), { bytes: "estimate", sharedBetweenProcesses: false });
