/** A Redis that cannot be used gets a clear typed error, in seconds, and nothing is left open. */

import { Flow, Processor, Supervisor } from "datagraph";
import { expect, test } from "vitest";
import { RedisServer } from "../support/redis.ts";
import { LeakWatch } from "./kit/leaks.ts";
import { within } from "./kit/testing.ts";
import { errorOf } from "./kit/values.ts";

async function start(redis: string): Promise<void> {
  const one = new Processor({ name: "one", outputs: ["n"] });
  const flow = Flow.fromProcessors(one.implement(async () => ({ n: 1 }))).resolve();
  await using supervisor = new Supervisor({ redis });
  await supervisor.startFlow(flow);
}

async function startOn(redis: string): Promise<Error> {
  const leaks = new LeakWatch();
  const error = await within(errorOf(start(redis)), "the error", {
    deadlineMs: 8_000,
  });
  await leaks.end();
  expect(error).toMatchObject({ code: "STORE" });
  return error as Error;
}

test("Redis that is not there", async () => {
  expect((await startOn("redis://127.0.0.1:1")).message).toMatch(
    /127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\).*running.*address/,
  );
  expect((await startOn("redis://no-such-host.invalid:6379")).message).toMatch(/no-such-host\.invalid:6379 cannot be reached/);
});

test("a wrong or missing password, and no secret in the message", async () => {
  const server = await RedisServer.start({ requirepass: "right-secret" });
  try {
    const wrong = await startOn(`redis://:wrong-secret@127.0.0.1:${server.port}`);
    const missing = await startOn(`redis://127.0.0.1:${server.port}`);
    for (const error of [wrong, missing]) {
      expect(error.message).toMatch(/refused the credentials.*password/);
      expect(error.message).not.toMatch(/secret/);
    }
  } finally {
    await server.stop();
  }
});

test("something that is no Redis URL", async () => {
  await startOn("redis://%%%");
});
