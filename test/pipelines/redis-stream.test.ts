import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { CliProject } from "../support/cli.ts";
import { fresh } from "../support/fresh.ts";

test("a pipeline reads a Redis stream of another application, and goes on where it was", async () => {
  const url = inject("redisUrl");
  const stream = fresh("orders");
  const redis = new Redis(url);
  onTestFinished(async () => {
    await redis.del(stream, `${stream}:read`);
    await redis.quit();
  });
  const project = await CliProject.create({
    "datagraph.yaml": `
targets: { dry: { connector: "null" } }
pipelines:
  orders:
    targets: [dry]
    steps:
      - redisStream: { url: !env ORDERS, stream: "${stream}", position: "${stream}:read", json: [order] }
      - interpret: [{ sourceNode: { nodeType: Order, key: { id: "\${fields.order.id}" } } }]
`,
  });
  onTestFinished(() => project[Symbol.asyncDispose]());
  const run = async () => {
    const { code, stdout, stderr } = await project.run(["run", "orders", "--json"], { env: { ORDERS: url } });
    expect([code, stderr.includes("error")], stderr).toEqual([0, false]);
    return { result: JSON.parse(stdout), stderr };
  };
  await redis.xadd(stream, "1-0", "order", '{"id":"a"}');
  await redis.xadd(stream, "2-0", "order", "{");
  await redis.xadd(stream, "3-0", "order", '{"id":"b"}');
  const first = await run();
  expect(first.result).toMatchObject({ records: 2, unreadable: 1, targets: [{ nodes: 2 }] });
  expect(first.stderr).toMatch(/Refused: .*entry 2-0: the field "order" is not JSON/);
  await redis.xadd(stream, "4-0", "order", '{"id":"c"}');
  expect((await run()).result).toMatchObject({ records: 1, unreadable: 0 });
});
