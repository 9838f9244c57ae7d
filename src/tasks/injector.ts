import { DeclarationError, SupervisorStateError } from "../errors.ts";
import type { Dependencies, Dependency, DependencyFactory, DependencyScope } from "../processor/dependency.ts";
import { createInstance, type Instance } from "./instance.ts";
import { InstancePool, messagesOf } from "./instance-pool.ts";

/** What replaces a factory: any factory that needs nothing. */
export type ReplacementFactory = () => unknown;

/** Pairs of a factory and what stands in for it, as in `[[getDatabase, () => fakeDatabase]]`. */
export type Overrides = Iterable<readonly [factory: DependencyFactory, replacement: ReplacementFactory]>;

/** The values of dependencies, by the name under which they are needed. */
export type InjectedValues = Readonly<Record<string, unknown>>;

const NOTHING: InjectedValues = Object.freeze({});

/**
 * Makes the values that handlers depend on: one instance per task, or one per process for dependencies that say so,
 * which is shared by all tasks and cleaned up by {@link Injector.close}.
 */
export class Injector {
  readonly #overrides: ReadonlyMap<DependencyFactory, ReplacementFactory>;
  readonly #shared = new InstancePool("the process");
  /** Needs that can work. A handler's needs stay the same object from task to task. */
  readonly #checked = new WeakSet<Dependencies>();

  constructor({ overrides = [] }: { readonly overrides?: Overrides } = {}) {
    this.#overrides = new Map(overrides);
  }

  /** Begins a task. */
  open(): InjectionScope {
    return new InjectionScope((needs, own) => this.#resolve(needs, own));
  }

  /**
   * Cleans up what lives as long as the process, the newest first. Tasks must have ended before.
   *
   * @throws AggregateError of all that failed, after everything was tried.
   */
  close(): Promise<void> {
    return this.#shared.close();
  }

  async #resolve(needs: Dependencies, own: InstancePool): Promise<InjectedValues> {
    if (!this.#checked.has(needs)) {
      this.#check(needs, []);
      this.#checked.add(needs);
    }
    return this.#valuesOf(needs, own);
  }

  /** The values of several needs, which are made side by side. Waits for all of them, also when one fails. */
  async #valuesOf(needs: Dependencies, own: InstancePool): Promise<InjectedValues> {
    const entries = Object.entries(needs);
    if (entries.length === 0) return NOTHING;
    const results = await Promise.allSettled(entries.map(([name, dependency]) => this.#instanceOf(name, dependency, own)));
    const errors = new Set(results.flatMap((result): unknown[] => (result.status === "rejected" ? [result.reason] : [])));
    if (errors.size === 1) throw errors.values().next().value;
    if (errors.size > 1) throw new AggregateError(errors, `${errors.size} dependencies failed: ${messagesOf(errors)}`);
    return Object.fromEntries(
      results.flatMap((result, i) => (result.status === "fulfilled" ? [[entries[i]?.[0] ?? "", result.value.value]] : [])),
    );
  }

  #instanceOf(name: string, dependency: Dependency<unknown>, own: InstancePool): Promise<Instance> {
    const { factory, scope } = dependency;
    const pool = scope === "process" ? this.#shared : own;
    return pool.get(factory, async () => {
      const replacement = this.#overrides.get(factory);
      const values = replacement ? NOTHING : await this.#valuesOf(dependency.needs, own);
      return createInstance(replacement ?? factory, values, labelOf(name, factory));
    });
  }

  /** Refuses what could never be made: cycles, a shared dependency that needs a task's own, things that are no dependency. */
  #check(needs: Dependencies, path: readonly Step[]): void {
    for (const [name, dependency] of Object.entries(needs)) {
      if (dependency?.kind !== "dependency") {
        throw new DeclarationError(
          `Dependency ${[...path.map((step) => step.name), name].join(" → ")} was not made by depends(…).`,
        );
      }
      const { factory, scope } = dependency;
      const start = path.findIndex((step) => step.factory === factory);
      if (start >= 0) {
        const circle = [...path.slice(start).map((step) => step.name), name].join(" → ");
        throw new DeclarationError(`Dependencies need each other in a circle: ${circle}.`);
      }
      const parent = path.at(-1);
      if (parent?.scope === "process" && scope === "task") {
        throw new DeclarationError(
          `Dependency "${parent.name}" lives as long as the process, but needs "${name}", which lives as long as a task. ` +
            `Give "${name}" { scope: "process" } too, or take it from "${parent.name}".`,
        );
      }
      if (!this.#overrides.has(factory)) this.#check(dependency.needs, [...path, { name, factory, scope }]);
    }
  }
}

/** The dependencies of one task. Close it when the task has ended, however it ended. */
export class InjectionScope {
  readonly #resolve: (needs: Dependencies, own: InstancePool) => Promise<InjectedValues>;
  /** Made for the first need: most tasks have none. */
  #own: InstancePool | undefined;
  #closed = false;

  /** @see Injector.open */
  constructor(resolve: (needs: Dependencies, own: InstancePool) => Promise<InjectedValues>) {
    this.#resolve = resolve;
  }

  /**
   * The values of what a task needs, by name; a promise unless it needs nothing. Independent ones are made side by side.
   *
   * @throws DeclarationError for needs that cannot work; what a factory threw (an AggregateError where several did).
   */
  resolve(needs: Dependencies): InjectedValues | Promise<InjectedValues> {
    if (Object.keys(needs).length === 0) return NOTHING;
    if (this.#closed) throw new SupervisorStateError("A dependency was asked for after its task had ended.");
    this.#own ??= new InstancePool("the task");
    return this.#resolve(needs, this.#own);
  }

  /**
   * Cleans up what was made for the task, the newest first; also what was still being made when `resolve` failed.
   *
   * @param error why the task failed, if it did; the cause of the error that clean-ups throw.
   * @throws AggregateError of all that failed, after everything was tried.
   */
  close(error?: unknown): Promise<void> | undefined {
    this.#closed = true;
    return this.#own?.close(error);
  }
}

/** A need on the way from a handler's needs to the one being checked. */
interface Step {
  readonly name: string;
  readonly factory: DependencyFactory;
  readonly scope: DependencyScope;
}

function labelOf(name: string, factory: DependencyFactory): string {
  return factory.name === "" || factory.name === name ? `"${name}"` : `"${name}" (${factory.name})`;
}
