import { Queue } from "bullmq";
import { UnknownFormatError } from "datagraph";
import { expect, inject, test } from "vitest";
import { CliProject } from "../support/cli.ts";
import { afterwards, figure, lasting, logged, Scene, within } from "./kit/scene.ts";
import { pipeline, timed } from "./programs/flows.mjs";

/** As a newer version would have written it. */
const NEWER = 2;

test("a task's envelope of a newer version is left for workers that know it, without a hot loop", async () => {
  const scene = new Scene();
  const queue = new Queue("squares", { connection: { url: inject("redisUrl") }, prefix: `${scene.prefix}q` });
  afterwards(() => queue.close());
  const data = { v: NEWER, run: "of-tomorrow", processor: "squares", index: 0, attempt: 1, something: { new: true } };
  await queue.add("task", data, { jobId: "newer" });
  const worker = scene.worker(["squares", "sums"]);
  await logged(worker, `has format ${NEWER}`);
  // For as long as this it would spin, if it did.
  await lasting(scene.leaseMs);
  const job = await queue.getJob("newer");
  expect(job?.data).toEqual(data);
  // Now and then it is looked at, and put back.
  await expect.poll(() => job?.getState()).toBe("delayed");
  const offers = worker.all("log").filter(({ text }) => String(text).includes("of-tomorrow")).length;
  expect(offers).toBeLessThanOrEqual(5);
  figure("29", `offered ${offers} times within a lease`);
  // The worker goes on with what it knows.
  const run = await scene.supervisor.startFlow(pipeline, { n: [3] });
  expect(await within(run.outputs.sum.toArray(), "the sum")).toEqual([9]);
});

test("a run of a newer version is left alone: listed as unknown, not opened, not performed, not removed", async () => {
  const scene = new Scene();
  const client = scene.client();
  await scene.supervisor.startFlow(pipeline, { n: [1] }, { id: "of-tomorrow" });
  const hash = `${scene.prefix}{of-tomorrow}:run`;
  for (const field of ["record", "ledger"]) {
    const known: object = JSON.parse((await client.hget(hash, field)) ?? "");
    await client.hset(hash, field, JSON.stringify({ ...known, v: NEWER, tasks: "in another way" }));
  }
  const before = await client.hgetall(hash);
  const worker = scene.worker(["squares", "sums"]);
  await logged(worker, "Run of-tomorrow has format 2");
  const other = scene.makeSupervisor();
  expect(await other.runs()).toMatchObject([{ id: "of-tomorrow", state: "unknown", createdAt: expect.any(Number) }]);
  await expect(other.run("of-tomorrow")).rejects.toThrow(UnknownFormatError);
  expect(await other.remove("of-tomorrow")).toBe(false);
  await expect(other.startFlow(pipeline, { n: [1] }, { id: "of-tomorrow" })).rejects.toThrow(UnknownFormatError);

  await using project = await CliProject.create({});
  const place = ["--redis", inject("redisUrl"), "--redis-prefix", scene.prefix];
  const listed = await project.run(["runs", "list", ...place]);
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^of-tomorrow +unknown/) });
  const shown = await project.run(["runs", "show", "of-tomorrow", ...place]);
  expect(shown).toMatchObject({ code: 1, stderr: expect.stringContaining("UNKNOWN_FORMAT") });
  expect(await project.run(["runs", "prune", ...place])).toMatchObject({ code: 0, stdout: "0 runs deleted\n" });

  const after = await client.hgetall(hash);
  expect([after.record, after.ledger]).toEqual([before.record, before.ledger]);
  expect(worker.all("begin")).toEqual([]);
});

test("a process that cannot read how a run goes on says so, and changes nothing", async () => {
  const scene = new Scene();
  const client = scene.client();
  await scene.worker(["ticks", "squares", "sums"]).says("works");
  const run = await scene.supervisor.startFlow(timed, { plan: [{ count: 10_000, everyMs: 5 }] }, { id: "goes-on" });
  await run.outputs.sum.first();
  const hash = `${scene.prefix}{goes-on}:run`;
  const [ledger = "", rev, followers] = await client.hmget(hash, "ledger", "rev", "m");
  const newer = JSON.stringify({ ...JSON.parse(ledger ?? ""), v: NEWER });
  await client.multi().hset(hash, "ledger", newer).hincrby(hash, "rev", 1).exec();
  for (const channel of (followers ?? "").split("\n"))
    await client.spublish(channel, `${hash.length}:${hash}l:${Number(rev) + 1}`);
  await expect(within(run.done, "the run to fail here")).rejects.toMatchObject({
    failure: { code: "UNKNOWN_FORMAT", message: expect.stringContaining("format 2") },
  });
  expect(await client.hget(hash, "ledger")).toBe(newer);
});
