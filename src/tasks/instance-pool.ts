import { SupervisorStateError } from "../errors.ts";
import type { DependencyFactory } from "../processor/dependency.ts";
import type { Instance } from "./instance.ts";

/** Instances of one life time: one per factory, also when several ask for it at once. */
export class InstancePool {
  /** Whose life time it is, for messages. */
  readonly #owner: string;
  readonly #instances = new Map<DependencyFactory, Promise<Instance>>();
  /** In the order in which instances were completed: each after all it needs. */
  readonly #cleanUps: (() => Promise<void>)[] = [];
  #closing: Promise<void> | undefined;

  constructor(owner: string) {
    this.#owner = owner;
  }

  /** The instance of a factory; a failure is not kept, so the next one who asks tries again. */
  async get(factory: DependencyFactory, create: () => Promise<Instance>): Promise<Instance> {
    if (this.#closing) throw new SupervisorStateError(`A dependency was asked for after ${this.#owner} had ended.`);
    const known = this.#instances.get(factory);
    if (known) return known;
    const instance = create().then((made) => {
      if (made.cleanUp) this.#cleanUps.push(made.cleanUp);
      return made;
    });
    this.#instances.set(factory, instance);
    instance.catch(() => this.#instances.delete(factory));
    return instance;
  }

  /**
   * Waits for instances that are being made and cleans up, the newest first.
   *
   * @param error why the owner ended, when it failed; the cause of the error that clean-ups throw.
   * @throws AggregateError of all that failed, after everything was tried.
   */
  close(error?: unknown): Promise<void> {
    this.#closing ??= this.#cleanUp(error);
    return this.#closing;
  }

  async #cleanUp(error: unknown): Promise<void> {
    await Promise.allSettled(this.#instances.values());
    const errors: unknown[] = [];
    for (let cleanUp = this.#cleanUps.pop(); cleanUp; cleanUp = this.#cleanUps.pop()) {
      await cleanUp().catch((failure: unknown) => errors.push(failure));
    }
    if (errors.length === 0) return;
    const message = `Cleaning up the dependencies of ${this.#owner} failed: ${messagesOf(errors)}`;
    throw new AggregateError(errors, message, error === undefined ? {} : { cause: error });
  }
}

/** Several errors in one line. */
export function messagesOf(errors: Iterable<unknown>): string {
  return Array.from(errors, (error) => (error instanceof Error ? error.message : String(error))).join("; ");
}
