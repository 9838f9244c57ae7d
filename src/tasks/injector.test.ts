import { EventEmitter, on } from "node:events";
import { describe, expect, test } from "vitest";
import { DeclarationError, SupervisorStateError } from "../errors.ts";
import { type Dependencies, type Dependency, depends } from "../processor/dependency.ts";
import { Injector } from "./injector.ts";

/** Resolves needs in a task of their own, which ends at once. */
async function inject(needs: Dependencies, injector = new Injector()): Promise<Readonly<Record<string, unknown>>> {
  const scope = injector.open();
  try {
    return await scope.resolve(needs);
  } finally {
    await scope.close();
  }
}

/** A promise and the function that settles it. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** A generator dependency that logs its life. */
function logged(log: string[], name: string, needs: Dependencies = {}, scope: "task" | "process" = "task"): Dependency<string> {
  return depends(
    needs,
    async function* () {
      log.push(`+${name}`);
      yield name;
      log.push(`-${name}`);
    },
    { scope },
  );
}

describe("values", () => {
  test("come from factories of every kind, by the name they are needed under", async () => {
    const config = depends(() => ({ url: "db:" }));
    const client = depends({ config }, async ({ config: { url } }) => `client of ${url}`);
    const needs = {
      client,
      sync: depends(function* () {
        yield 1;
      }),
      lazy: depends(async function* () {
        yield 2;
      }),
      arrow: depends({ client }, ({ client }) =>
        (function* () {
          yield client.length;
        })(),
      ),
    };
    expect(await inject(needs)).toEqual({ client: "client of db:", sync: 1, lazy: 2, arrow: 13 });
  });

  test("that are iterable are values all the same", async () => {
    const events = on(new EventEmitter(), "x");
    const values = {
      list: [1, 2],
      text: "abc",
      map: new Map([[1, 2]]),
      iterator: [1][Symbol.iterator](),
      events,
      stream: new ReadableStream(),
      own: { next: () => ({ done: true, value: 1 }), [Symbol.iterator]: () => [][Symbol.iterator]() },
      fn: () => 1,
      nothing: undefined,
      null: null,
    };
    const needs = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, depends(() => value)]));
    const injected = await inject(needs);
    for (const [name, value] of Object.entries(values)) expect(injected[name]).toBe(value);
    await events.return?.();
  });

  test("cost nothing where nothing is needed", () => {
    const scope = new Injector().open();
    expect(scope.resolve({})).toEqual({});
    expect(scope.close()).toBeUndefined();
  });

  test("may be called anything", async () => {
    const needs = JSON.parse('{"__proto__": 1}') as Record<string, Dependency<unknown>>;
    Object.defineProperty(needs, "__proto__", { value: depends(() => 5), enumerable: true });
    const values = await inject(needs);
    expect(Object.getOwnPropertyDescriptor(values, "__proto__")?.value).toBe(5);
  });
});

describe("instances", () => {
  test("are one per factory and task: the corners of a diamond share its tip", async () => {
    let made = 0;
    const tip = depends(() => ({ id: ++made }));
    const left = depends({ tip }, ({ tip }) => tip);
    const right = depends({ tip }, async ({ tip }) => tip);
    const injector = new Injector();
    const scope = injector.open();
    const { left: l, right: r, tip: t } = await scope.resolve({ left, right, tip });
    expect([l, r, await scope.resolve({ tip })]).toEqual([t, t, { tip: t }]);
    expect(made).toBe(1);
    expect(await inject({ tip }, injector)).toEqual({ tip: { id: 2 } });
  });

  test("of the process are shared by tasks that ask at once, and made again only after a failure", async () => {
    let attempts = 0;
    const pool = depends(
      async () => {
        attempts += 1;
        await Promise.resolve();
        if (attempts === 1) throw new Error("refused");
        return { attempts };
      },
      { scope: "process" },
    );
    const injector = new Injector();
    const first = await Promise.allSettled([inject({ pool }, injector), inject({ pool }, injector)]);
    expect(first.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const [a, b] = await Promise.all([inject({ pool }, injector), inject({ pool }, injector)]);
    expect(a.pool).toBe(b.pool);
    expect(attempts).toBe(2);
  });

  test("that are independent are made side by side", async () => {
    const [left, right] = [gate(), gate()];
    const needs = {
      left: depends(async () => {
        left.open();
        await right.opened;
      }),
      right: depends(async () => {
        right.open();
        await left.opened;
      }),
    };
    await inject(needs);
  });

  test("can be overridden by factory, also with a generator, and then need nothing", async () => {
    const log: string[] = [];
    const getDatabase = () => "real";
    const getSecret = (): string => {
      throw new Error("not in tests");
    };
    const database = depends({ secret: depends(getSecret) }, getDatabase);
    const users = depends({ database }, ({ database }) => `users of ${database}`);
    const fake = async function* () {
      yield "fake";
      log.push("cleaned up");
    };
    expect(await inject({ users }, new Injector({ overrides: [[getDatabase, fake]] }))).toEqual({ users: "users of fake" });
    expect(log).toEqual(["cleaned up"]);
  });
});

describe("clean-up", () => {
  test("runs in the reverse order of creation, each dependency after what needs it", async () => {
    const log: string[] = [];
    const a = logged(log, "a");
    const b = logged(log, "b", { a });
    const c = logged(log, "c", { a, b });
    await inject({ c, b, a });
    expect(log).toEqual(["+a", "+b", "+c", "-c", "-b", "-a"]);
  });

  test("runs what follows the yield and what surrounds it", async () => {
    const log: string[] = [];
    const dependency = depends(function* () {
      try {
        yield 1;
        log.push("after");
      } finally {
        log.push("finally");
      }
    });
    const scope = new Injector().open();
    await scope.resolve({ dependency });
    await scope.close(new Error("the task failed"));
    expect(log).toEqual(["after", "finally"]);
  });

  test("runs for what was made when another need failed, and waits for what is still being made", async () => {
    const log: string[] = [];
    const slow = depends(async function* () {
      await new Promise((resolve) => setImmediate(resolve));
      log.push("+slow");
      yield 1;
      log.push("-slow");
    });
    const broken = depends({ early: logged(log, "early") }, () => {
      throw new TypeError("broken");
    });
    await expect(inject({ slow, broken })).rejects.toThrow(new TypeError("broken"));
    expect(log).toEqual(["+early", "+slow", "-slow", "-early"]);
  });

  test("goes on after a failure, and all failures are told, with the task's own as cause", async () => {
    const log: string[] = [];
    const failing = (name: string) =>
      depends(function* () {
        yield name;
        throw new Error(`${name} failed`);
      });
    const scope = new Injector().open();
    await scope.resolve({ one: failing("one"), fine: logged(log, "fine"), two: failing("two") });
    const own = new Error("the task failed");
    const error: unknown = await Promise.resolve(scope.close(own)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^Cleaning up the dependencies of the task failed: /),
      errors: expect.arrayContaining([new Error("two failed"), new Error("one failed")]),
      cause: own,
    });
    expect(log).toEqual(["+fine", "-fine"]);
  });

  test("of the process waits until the injector closes, and happens once", async () => {
    const log: string[] = [];
    const pool = logged(log, "pool", {}, "process");
    const injector = new Injector();
    await inject({ session: logged(log, "session", { pool }) }, injector);
    await inject({ pool }, injector);
    expect(log).toEqual(["+pool", "+session", "-session"]);
    await Promise.all([injector.close(), injector.close()]);
    expect(log).toEqual(["+pool", "+session", "-session", "-pool"]);
    await expect(inject({ pool }, injector)).rejects.toThrow(SupervisorStateError);
  });

  test("nothing is made for a task that has ended", async () => {
    const scope = new Injector().open();
    await scope.close();
    expect(() => scope.resolve({ a: depends(() => 1) })).toThrow(SupervisorStateError);
  });
});

describe("what cannot work", () => {
  test("several failures are told together, the same one once", async () => {
    const shared = depends(() => {
      throw new Error("shared");
    });
    const [a, b] = [depends({ shared }, () => 1), depends({ shared }, () => 2)];
    await expect(inject({ a, b })).rejects.toThrow(new Error("shared"));
    const other = depends(() => {
      throw new Error("other");
    });
    await expect(inject({ a, other })).rejects.toThrow("2 dependencies failed: shared; other");
  });

  test("dependencies in a circle", async () => {
    const needs: Record<string, Dependency<unknown>> = {};
    const a = depends(needs, () => 1);
    needs.b = depends({ a }, () => 2);
    await expect(inject({ a })).rejects.toThrow(new DeclarationError("Dependencies need each other in a circle: a → b → a."));
  });

  test("a shared dependency that needs a task's own", async () => {
    const session = depends(() => 1);
    const pool = depends({ session }, () => 2, { scope: "process" });
    await expect(inject({ pool })).rejects.toThrow(/"pool" lives as long as the process, but needs "session"/);
  });

  test("something that is no dependency", async () => {
    const needs = { a: depends({ b: (() => 1) as unknown as Dependency<number> }, () => 2) };
    await expect(inject(needs)).rejects.toThrow("Dependency a → b was not made by depends(…).");
  });

  test("a generator that yields nothing", async () => {
    const empty = depends(function* getNothing(): Generator<number> {});
    await expect(inject({ empty })).rejects.toThrow(/Dependency "empty" \(getNothing\) .* ended without yielding its value/);
  });

  test("a generator that yields twice is ended all the same", async () => {
    const log: string[] = [];
    const twice = depends(async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        log.push("finally");
      }
    });
    await expect(inject({ twice })).rejects.toThrow(/yielded twice/);
    expect(log).toEqual(["finally"]);
  });
});
