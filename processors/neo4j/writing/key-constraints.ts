import { readConstraints } from "../constraints.ts";
import { quoteName } from "../cypher/names.ts";
import type { Database } from "../database.ts";

/**
 * Sees to it that nodes are found by their keys, and that a key has one node: a uniqueness constraint per type and key. Made before the first write, or,
 * where that is not wanted or not possible, missed with a warning that says what to run.
 */
export class KeyConstraints {
  readonly #database: Database;
  readonly #checked = new Map<string, Promise<void>>();
  #present: ReturnType<typeof readConstraints> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param keys sorted. @throws only what the driver throws when the database cannot be reached. */
  ensure(type: string, keys: readonly string[], signal?: AbortSignal): Promise<void> {
    const id = JSON.stringify([type, keys]);
    const known = this.#checked.get(id);
    if (known) return known;
    const checked = this.#ensure(type, keys, signal);
    this.#checked.set(id, checked);
    // What failed is tried again next time.
    checked.catch(() => this.#checked.delete(id));
    return checked;
  }

  async #ensure(type: string, keys: readonly string[], signal?: AbortSignal): Promise<void> {
    const { ensureKeys, onWarning } = this.#database.options;
    this.#present ??= readConstraints(this.#database, signal);
    this.#present.catch(() => (this.#present = undefined));
    const { names, unique } = await this.#present;
    if (unique.some((one) => one.on === "node" && one.type === type && sameNames(one.properties, keys))) return;

    const statement = createStatement(type, keys, names);
    const trap = `Without it each row looks at all nodes of the type, and writers at the same time may create a node twice. To add it: ${statement}`;
    if (!ensureKeys)
      return onWarning(`Neo4j has no uniqueness constraint for the key of "${type}" (${keys.join(", ")}). ${trap}`);
    try {
      await this.#database.write({ text: statement, parameters: {} }, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (isPresentByNow(error)) return;
      if (!isRefusal(error)) throw error;
      onWarning(`Neo4j refused a uniqueness constraint for the key of "${type}" (${keys.join(", ")}): ${error.message} ${trap}`);
    }
  }
}

/** Named as nodestream names them, unless something else has that name: a second key of the type. */
function createStatement(type: string, keys: readonly string[], taken: ReadonlySet<string>): string {
  const short = `${type}_node_key`;
  const name = taken.has(short) ? `${type}_${keys.join("_")}_node_key` : short;
  const properties = keys.map((key) => `n.${quoteName(key)}`).join(", ");
  return `CREATE CONSTRAINT ${quoteName(name)} IF NOT EXISTS FOR (n:${quoteName(type)}) REQUIRE (${properties}) IS UNIQUE`;
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && others.every((name) => some.includes(name));
}

/** Another writer was faster. */
function isPresentByNow(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    /EquivalentSchemaRuleAlreadyExists|ConstraintAlreadyExists/.test(String(error.code))
  );
}

/** The data or the user's permissions forbid it; everything else would hinder the writing as well. */
function isRefusal(error: unknown): error is Error {
  return (
    error instanceof Error &&
    "code" in error &&
    /^Neo\.(ClientError\.(Schema|Security\.Forbidden)|DatabaseError\.Schema)/.test(String(error.code))
  );
}
