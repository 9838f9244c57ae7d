import { GraphWriteError, type IngestionHook } from "../../graph/index.ts";
import type { Database } from "../database.ts";
import type { CypherValue } from "../values/from-driver.ts";

/** Runs one statement in a transaction of its own, with the hook's parameters, and gives its rows. */
export type RunCypher = (
  text: string,
  parameters?: IngestionHook["parameters"],
) => Promise<readonly Readonly<Record<string, CypherValue>>[]>;

/** What a hook does: a Cypher statement that gets its parameters, or a function. It must bear being repeated. */
export type Neo4jHook = string | ((run: RunCypher, hook: IngestionHook) => Promise<void> | void);

/** @throws GraphWriteError for a name that the connector's option `hooks` does not have. */
export async function runHook(database: Database, hook: IngestionHook, signal: AbortSignal): Promise<void> {
  const { hooks } = database.options;
  const known = Object.hasOwn(hooks, hook.name) ? hooks[hook.name] : undefined;
  if (known === undefined) {
    const names = Object.keys(hooks).map((name) => `"${name}"`);
    throw new GraphWriteError(
      "data",
      `The Neo4j connector knows no hook "${hook.name}"; its option "hooks" has ${names.length > 0 ? names.join(", ") : "none"}.`,
    );
  }
  const run: RunCypher = async (text, parameters = hook.parameters) => {
    const { records } = await database.write({ text, parameters: database.toDriver.properties(parameters) }, signal);
    return records.map((record) => {
      const columns = Object.entries(record.toObject() as Record<string, unknown>);
      return Object.fromEntries(columns.map(([name, value]) => [name, database.fromDriver.value(value, `column "${name}"`)]));
    });
  };
  if (typeof known === "string") await run(known);
  else await known(run, hook);
}
