/** Promise 14: a handler's error reaches every reader downstream within 2 s, and the program ends by itself. */
import { StreamFailedError } from "datagraph";
import { expect, inject, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { fresh } from "../support/fresh.ts";
import { Program } from "./kit/program.ts";
import { errorOf, figure, makeSupervisor } from "./kit/scene.ts";

for (const store of ["redis", "memory"] as const) {
  test(`in the program itself and elsewhere, on ${store}`, { timeout: 40_000 }, async () => {
    const redis = inject("redisUrl");
    const id = fresh();
    const program = new Program("failing-flow", store === "redis" ? { redis, run: id } : { run: id });
    await program.says("running");
    const elsewhere: Promise<Error>[] = [];
    if (store === "redis") {
      const run = await makeSupervisor({ redis }).run(id);
      const readers = ["a", "b", "c", "d"].map((name) => run.outputs[name]?.toArray() ?? Promise.reject(new Error(name)));
      elsewhere.push(...[...readers, run.done].map(errorOf));
      await run.outputs.d?.first();
      program.kill("SIGTERM");
    }
    const failing = await program.says("failing");
    await eventually(() => expect(program.all("failed")).toHaveLength(5));
    const start = performance.now();
    for (const error of await within(Promise.all(elsewhere), "readers elsewhere", { deadlineMs: 2_000 })) {
      expect(error).toBeInstanceOf(StreamFailedError);
      expect((error as StreamFailedError).failure).toMatchObject({ name: "RangeError", message: "no more", processor: "first" });
    }
    const failed = program.all("failed");
    const last = Math.max(...failed.map(({ at }) => Number(at)), elsewhere.length > 0 ? start : 0);
    expect(failed.map(({ error, failure, processor }) => ({ error, failure, processor }))).toEqual(
      failed.map(() => ({ error: "StreamFailedError", failure: "RangeError", processor: "first" })),
    );
    expect(last - Number(failing.at)).toBeLessThan(2_000);
    const { code, stderr, at } = await within(program.ended, "the program to end by itself", { deadlineMs: 5_000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    figure(
      "14",
      `${store}: known everywhere after ${Math.round(last - Number(failing.at))} ms, program ended ${Math.round(at - last)} ms later`,
    );
  });
}
