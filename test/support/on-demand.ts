import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fresh } from "./fresh.ts";

/** Something that takes long to start and that not every run of the tests needs. */
interface OnDemand {
  /** Where test files, in their processes, {@link demand} it. */
  readonly path: string;
  /** Ends the thing, if anybody asked for it, and takes no more questions. */
  readonly stop: () => Promise<void>;
}

/** Makes a thing when the first one asks for it, and gives all others the same. What they get is `answer`, as JSON. */
export async function offer<T>(
  make: () => Promise<{ readonly answer: T; readonly stop: () => Promise<void> }>,
): Promise<OnDemand> {
  let made: ReturnType<typeof make> | undefined;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    made ??= make();
    made.then(
      ({ answer }) => socket.end(JSON.stringify({ answer })),
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    );
  });
  const path = join(tmpdir(), `${fresh("datagraph")}.sock`);
  await once(server.listen(path), "listening");
  // The tests decide when the run is over, not this.
  server.unref();
  return {
    path,
    stop: async () => {
      server.close();
      rmSync(path, { force: true });
      // Whoever asked has been told why it could not be made.
      const { stop } = (await made?.catch(() => undefined)) ?? {};
      await stop?.();
    },
  };
}

/** What is offered at this path, once it is there. @throws what making it threw. */
export async function demand<T>(path: string): Promise<T> {
  const reply: { answer: T; error?: string } = JSON.parse(await text(connect(path)));
  if (reply.error !== undefined) throw new Error(reply.error);
  return reply.answer;
}
