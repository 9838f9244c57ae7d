import type { Database } from "./database.ts";

/** A constraint of the database that makes properties unique together: of a label's nodes or a type's relationships. */
export interface UniqueConstraint {
  readonly name: string;
  readonly on: "node" | "relationship";
  readonly type: string;
  readonly properties: readonly string[];
}

/** All names that constraints have, and those constraints that make a key. */
export async function readConstraints(database: Database, signal?: AbortSignal) {
  const query = "SHOW CONSTRAINTS YIELD name, type, entityType, labelsOrTypes, properties ORDER BY name";
  const { records } = await database.read(query, {}, signal);
  const rows = records.map((record) => record.toObject());
  const unique = rows
    .filter(({ type }) => /UNIQUENESS|KEY/.test(String(type)))
    .map(({ name, entityType, labelsOrTypes, properties }): UniqueConstraint => {
      const on = entityType === "NODE" ? "node" : "relationship";
      return { name: String(name), on, type: texts(labelsOrTypes)[0] ?? "", properties: texts(properties) };
    });
  return { names: new Set(rows.map(({ name }) => String(name))), unique };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
