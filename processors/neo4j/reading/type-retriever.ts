import {
  type CountedType,
  type DiscoveredSchema,
  type GraphNode,
  type KeysOf,
  LAST_INGESTED_AT,
  type Part,
  type Properties,
  type PropertyValue,
  type RelationshipsOf,
  type RetrievedEnd,
  type RetrievedRelationship,
  type RetrieveOptions,
  type RetrieveRelationshipsOptions,
  type TypeRetriever,
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
  readonly givesIds = true;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *nodes(of: KeysOf, options: RetrieveOptions = {}): AsyncGenerator<readonly GraphNode[]> {
    const query = [
      `MATCH (n:${quoteName(of.type)})${onlyPart("n", options)}`,
      "RETURN labels(n) AS labels, properties(n) AS properties, elementId(n) AS id",
    ].join("\n");
    for await (const page of this.#pages(`nodes of type "${of.type}"`, query, options)) {
      yield page.map(({ labels, properties, id }) => this.#node(of, { labels, properties }, `node ${id}`));
    }
  }

  async *relationships(
    of: RelationshipsOf,
    options: RetrieveRelationshipsOptions = {},
  ): AsyncGenerator<readonly RetrievedRelationship[]> {
    const { ends = "keys", idAs } = options;
    const end = (variable: string, keys: KeysOf) => (ends === "whole" ? whole(variable) : pick(variable, keys));
    const query = [
      `MATCH (a:${quoteName(of.from.type)})-[r:${quoteName(of.type)}]->(b:${quoteName(of.to.type)})${onlyPart("r", options)}`,
      `RETURN properties(r) AS properties, elementId(r) AS id, ${end("a", of.from)} AS from, ${end("b", of.to)} AS to`,
    ].join("\n");
    const toEnd = (found: unknown, keys: KeysOf, what: string): RetrievedEnd =>
      ends === "whole" ? this.#node(keys, found as FoundNode, what) : this.#found(keys, found, what);
    for await (const page of this.#pages(`relationships of type "${of.type}"`, query, options)) {
      yield page.map(({ properties, id, from, to }) => {
        const { key, rest } = split(this.#read(properties, `relationship ${id}`), of, `relationship ${id}`);
        if (idAs !== undefined) addId(key, { idAs, id: String(id), rest });
        return {
          from: toEnd(from, of.from, `the start of relationship ${id}`),
          to: toEnd(to, of.to, `the end of relationship ${id}`),
          relationship: { type: of.type, key, properties: rest },
        };
      });
    }
  }

  async count(of: CountedType, signal?: AbortSignal): Promise<number> {
    const { ingestedUntil } = of;
    const label = (type: string | undefined) => (type === undefined ? "" : `:${quoteName(type)}`);
    const pattern = "node" in of ? `(x${label(of.node)})` : `(${label(of.from)})-[x${label(of.relationship)}]->(${label(of.to)})`;
    const condition = ingestedUntil ? ` WHERE x.${quoteName(LAST_INGESTED_AT)} <= $until` : "";
    const parameters = ingestedUntil ? { until: this.#database.toDriver.instant(ingestedUntil, "ingestedUntil") } : {};
    try {
      const { records } = await this.#database.read(`MATCH ${pattern}${condition} RETURN count(x) AS count`, parameters, signal);
      return Number(records[0]?.get("count"));
    } catch (error) {
      signal?.throwIfAborted();
      throw toReadError(error, this.#database.address, "how much there is");
    }
  }

  async countRepeated({ type, keys, from, to }: RelationshipsOf, signal?: AbortSignal): Promise<number> {
    const key = keys.map((name, i) => `, r.${quoteName(name)} AS key${i}`).join("");
    // Node by node, so that the database holds what is at one of them and not all pairs.
    const query = [
      `MATCH (a:${quoteName(from.type)})`,
      "CALL {",
      `WITH a MATCH (a)-[r:${quoteName(type)}]->(b:${quoteName(to.type)})`,
      `WITH b${key}, count(*) AS found WHERE found > 1 RETURN sum(found - 1) AS repeated`,
      "}",
      "RETURN sum(repeated) AS count",
    ].join("\n");
    try {
      const { records } = await this.#database.read(query, {}, signal);
      return Number(records[0]?.get("count"));
    } catch (error) {
      signal?.throwIfAborted();
      throw toReadError(error, this.#database.address, `how many relationships of type "${type}" are alike`);
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

  async *#pages(what: string, query: string, { pageSize = 1000, part, signal }: RetrieveOptions) {
    const parameters = part ? { part: BigInt(part.index), parts: BigInt(part.of) } : {};
    try {
      yield* this.#database.stream(query, parameters, { pageSize, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw toReadError(error, this.#database.address, what);
    }
  }

  #node(of: KeysOf, { labels, properties }: FoundNode, what: string): GraphNode {
    const { key, rest } = split(this.#read(properties, what), of, what);
    const additionalTypes = (labels as string[]).filter((label) => label !== of.type).sort();
    return { type: of.type, key, properties: rest, additionalTypes };
  }

  #found(of: KeysOf, properties: unknown, what: string): RetrievedEnd {
    return { type: of.type, key: split(this.#read(properties, what), of, what).key };
  }

  #read(properties: unknown, where: string): Properties {
    return this.#database.fromDriver.properties(properties as Record<string, unknown>, where);
  }
}

interface FoundNode {
  readonly labels: unknown;
  readonly properties: unknown;
}

/** An element id ends with a number. */
function onlyPart(variable: string, { part }: { readonly part?: Part }): string {
  return part ? ` WHERE toInteger(last(split(elementId(${variable}), ':'))) % $parts = $part` : "";
}

function whole(variable: string): string {
  return `{labels: labels(${variable}), properties: properties(${variable})}`;
}

/** Only the key of a node: its other properties need not travel. */
function pick(variable: string, { keys }: KeysOf): string {
  return `${variable} {${keys.map((name) => `.${quoteName(name)}`).join(", ")}}`;
}

/** Makes a relationship's id part of its key. */
function addId(
  key: Record<string, PropertyValue>,
  { idAs, id, rest }: { readonly idAs: string; readonly id: string; readonly rest: Properties },
): void {
  if (Object.hasOwn(key, idAs) || Object.hasOwn(rest, idAs)) {
    throw new GraphReadError(
      `Relationship ${id} has a property "${idAs}" of its own, so its id cannot be called so. Choose another name.`,
    );
  }
  key[idAs] = id;
}

function split(properties: Properties, { type, keys }: KeysOf, what: string): { key: Properties; rest: Properties } {
  const key: Record<string, PropertyValue> = Object.create(null);
  const rest: Record<string, PropertyValue> = Object.create(null);
  for (const [name, value] of Object.entries(properties)) (keys.includes(name) ? key : rest)[name] = value;
  const missing = keys.filter((name) => (key[name] ?? null) === null);
  if (missing.length === 0) return { key, rest };
  throw new GraphReadError(
    `${what.charAt(0).toUpperCase()}${what.slice(1)} is a "${type}" without ${missing.map((name) => `"${name}"`).join(" and ")}, so its key is not complete.`,
  );
}
