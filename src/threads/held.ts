import { once } from "node:events";
import type { MessagePort } from "node:worker_threads";
import { revive } from "../errors.ts";
import type { Released } from "./messages.ts";

/** Dependencies that threads hold for this process. */
export class Held {
  readonly #ports = new Set<MessagePort>();

  add(port: MessagePort): void {
    this.#ports.add(port);
    // Nor does it keep this process alive, nor does a thread that has ended have anything left to release.
    port.unref();
    port.once("close", () => this.#ports.delete(port));
  }

  /** Has them cleaned up. @throws AggregateError of all that failed. */
  async release(): Promise<void> {
    const results = await Promise.all([...this.#ports].map(release));
    const errors = results.flatMap((failure) => (failure ? [revive(failure)] : []));
    if (errors.length === 0) return;
    throw new AggregateError(errors, `Cleaning up in threads failed: ${errors.map(({ message }) => message).join("; ")}`);
  }
}

async function release(port: MessagePort): Promise<Released["failure"]> {
  port.ref();
  const answered: Promise<Released[]> = once(port, "message") as Promise<Released[]>;
  const gone = once(port, "close").then((): Released[] => []);
  port.postMessage({ type: "release" });
  const [released] = await Promise.race([answered, gone]);
  port.close();
  return released?.failure;
}
