import type {
  DiscoveredSchema,
  GraphNode,
  KeysOf,
  Properties,
  PropertyValue,
  RetrievedRelationship,
  RetrieveOptions,
  TypeRetriever,
} from "../../graph/index.ts";
import { quoteName } from "../cypher/names.ts";
import type { Database } from "../database.ts";
import { GraphReadError, toReadError } from "../errors.ts";
import { discover } from "./discovery.ts";

/**
 * Reads what Neo4j holds. Each call is one query, the rows of which are asked for page by page as they are taken: constant memory on both sides, every row once,
 * and no page that has to look for its beginning.
 */
export class Neo4jTypeRetriever implements TypeRetriever {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *nodes(of: KeysOf, options: RetrieveOptions = {}): AsyncGenerator<readonly GraphNode[]> {
    const query = `MATCH (n:${quoteName(of.type)}) RETURN labels(n) AS labels, properties(n) AS properties, elementId(n) AS id`;
    for await (const page of this.#pages(`nodes of type "${of.type}"`, query, options)) {
      yield page.map(({ labels, properties, id }) => {
        const { key, rest } = split(this.#read(properties, `node ${id}`), of, `Node ${id}`);
        const additionalTypes = (labels as string[]).filter((label) => label !== of.type).sort();
        return { type: of.type, key, properties: rest, additionalTypes };
      });
    }
  }

  async *relationships(
    of: KeysOf & { readonly from: KeysOf; readonly to: KeysOf },
    options: RetrieveOptions = {},
  ): AsyncGenerator<readonly RetrievedRelationship[]> {
    const query = [
      `MATCH (a:${quoteName(of.from.type)})-[r:${quoteName(of.type)}]->(b:${quoteName(of.to.type)})`,
      `RETURN properties(r) AS properties, elementId(r) AS id, ${pick("a", of.from)} AS from, ${pick("b", of.to)} AS to`,
    ].join("\n");
    for await (const page of this.#pages(`relationships of type "${of.type}"`, query, options)) {
      yield page.map(({ properties, id, from, to }) => {
        const { key, rest } = split(this.#read(properties, `relationship ${id}`), of, `Relationship ${id}`);
        return {
          from: {
            type: of.from.type,
            key: split(this.#read(from, `the start of ${id}`), of.from, `The start of relationship ${id}`).key,
          },
          to: { type: of.to.type, key: split(this.#read(to, `the end of ${id}`), of.to, `The end of relationship ${id}`).key },
          relationship: { type: of.type, key, properties: rest },
        };
      });
    }
  }

  async discover(signal?: AbortSignal): Promise<DiscoveredSchema> {
    try {
      return await discover(this.#database, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw toReadError(error, this.#database.address, "the schema");
    }
  }

  async *#pages(what: string, query: string, { pageSize = 1000, signal }: RetrieveOptions) {
    try {
      yield* this.#database.stream(query, {}, { pageSize, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw toReadError(error, this.#database.address, what);
    }
  }

  #read(properties: unknown, where: string): Properties {
    return this.#database.fromDriver.properties(properties as Record<string, unknown>, where);
  }
}

/** Only the key of a node: its other properties need not travel. */
function pick(variable: string, { keys }: KeysOf): string {
  return `${variable} {${keys.map((name) => `.${quoteName(name)}`).join(", ")}}`;
}

function split(properties: Properties, { type, keys }: KeysOf, what: string): { key: Properties; rest: Properties } {
  const key: Record<string, PropertyValue> = Object.create(null);
  const rest: Record<string, PropertyValue> = Object.create(null);
  for (const [name, value] of Object.entries(properties)) (keys.includes(name) ? key : rest)[name] = value;
  const missing = keys.filter((name) => (key[name] ?? null) === null);
  if (missing.length === 0) return { key, rest };
  throw new GraphReadError(
    `${what} is a "${type}" without ${missing.map((name) => `"${name}"`).join(" and ")}, so its key is not complete.`,
  );
}
