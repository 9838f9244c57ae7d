/** How long one instance of a dependency lives: one per task, or one for the whole process. */
export type DependencyScope = "task" | "process";

/** What a factory may return: the value, a promise of it, or a generator that yields it once and cleans up afterwards. */
export type Provided<T> = T | Promise<T> | Generator<T, unknown, unknown> | AsyncGenerator<T, unknown, unknown>;

/** The value that a factory's result stands for. */
export type ValueOf<R> =
  R extends AsyncGenerator<infer T, unknown, unknown> ? T : R extends Generator<infer T, unknown, unknown> ? T : Awaited<R>;

/** A factory with what it depends on; made by {@link depends}. */
export interface Dependency<T> {
  readonly kind: "dependency";
  /** Identifies the dependency: two that share a factory share an instance and an override. */
  readonly factory: DependencyFactory;
  readonly needs: Dependencies;
  readonly scope: DependencyScope;
  /** The value's type; never set. */
  readonly value?: T;
}

/** A factory as the injector sees it. */
export type DependencyFactory = (needs: never) => unknown;

/** Dependencies by the name under which a handler or factory gets their values. */
export type Dependencies = Readonly<Record<string, Dependency<unknown>>>;

/** The values of {@link Dependencies}. */
export type Injected<N> = { readonly [K in keyof N]: N[K] extends Dependency<infer T> ? T : never };

/** @see depends */
export interface DependsOptions {
  /** `task` (default): one instance per task. `process`: one for all tasks, cleaned up when the supervisor closes. */
  readonly scope?: DependencyScope;
}

/**
 * Declares a typed dependency, as in FastAPI: the runtime calls the factory when a task starts and hands its value to
 * the handler. A generator's code after `yield` runs when the task has ended, also after a failure.
 *
 * @example
 * const database = depends(async function* () {
 *   const client = await connect();
 *   yield client;
 *   await client.close();
 * });
 * const users = depends({ database }, ({ database }) => new Users(database));
 */
export function depends<R>(factory: () => R, options?: DependsOptions): Dependency<ValueOf<R>>;
export function depends<const N extends Dependencies, R>(
  needs: N,
  factory: (needs: Injected<N>) => R,
  options?: DependsOptions,
): Dependency<ValueOf<R>>;
export function depends(
  first: DependencyFactory | Dependencies,
  second?: DependencyFactory | DependsOptions,
  third?: DependsOptions,
): Dependency<unknown> {
  if (typeof first === "function") {
    return { kind: "dependency", factory: first, needs: {}, scope: (second as DependsOptions | undefined)?.scope ?? "task" };
  }
  return { kind: "dependency", factory: second as DependencyFactory, needs: first, scope: third?.scope ?? "task" };
}
