import type { Properties, PropertyValue, Scalar, Temporal } from "../../graph/index.ts";
import { GraphReadError } from "../errors.ts";
import type { Neo4jLibrary } from "../library.ts";

/** A value of a query's result: as in properties, and lists and maps of such values. */
export type CypherValue = PropertyValue | readonly CypherValue[] | { readonly [name: string]: CypherValue };

/**
 * Turns what the driver gives (with its option `useBigInt`) into plain values: the inverse of `ToDriver`. Integers come as numbers where these
 * are exact, else as bigints; floats without a fraction as {@link Float}; moments in UTC as `Date`, others as {@link Temporal}.
 */
export class FromDriver {
  readonly #library: Neo4jLibrary;

  constructor(library: Neo4jLibrary) {
    this.#library = library;
  }

  /**
   * @param where completes "…of", for errors.
   * @throws GraphReadError for kinds of values that the graph model does not have: points and vectors.
   */
  properties(properties: Readonly<Record<string, unknown>>, where: string): Properties {
    const result: Record<string, PropertyValue> = Object.create(null);
    for (const [name, value] of Object.entries(properties)) {
      const place = `property "${name}" of ${where}`;
      result[name] = Array.isArray(value) ? value.map((item) => this.#scalar(item, place)) : this.#scalar(value, place);
    }
    return result;
  }

  /** Any value that a query returns. Nodes and relationships become maps of their properties, paths lists of their nodes and relationships. */
  value(value: unknown, where: string): CypherValue {
    const { isNode, isRelationship, isPath } = this.#library;
    if (value === null || typeof value !== "object") return value === null ? null : this.#scalar(value, where);
    if (Array.isArray(value)) return value.map((item) => this.value(item, where));
    if (isNode(value) || isRelationship(value)) return this.properties(value.properties, where);
    if (isPath(value)) {
      const steps = value.segments.flatMap(({ relationship, end }) => [relationship, end]);
      return [value.start, ...steps].map((part) => this.properties(part.properties, where));
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) return this.#scalar(value, where);
    const map: Record<string, CypherValue> = Object.create(null);
    for (const [name, item] of Object.entries(value)) map[name] = this.value(item, where);
    return map;
  }

  #scalar(value: unknown, where: string): Scalar {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "bigint":
        return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
      case "number":
        return Number.isInteger(value) ? { float: value } : value;
      default:
        return this.#object(value, where);
    }
  }

  #object(value: unknown, where: string): Scalar {
    const { isDate, isDateTime, isLocalDateTime, isLocalTime, isTime, isDuration } = this.#library;
    if (value instanceof Int8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (isDateTime(value)) return this.#moment(value);
    const text = isoText(value);
    if (isDate(value)) return { temporal: "date", text };
    if (isLocalDateTime(value)) return { temporal: "localDateTime", text };
    if (isLocalTime(value)) return { temporal: "localTime", text };
    if (isTime(value)) return { temporal: "zonedTime", text };
    if (isDuration(value)) return { temporal: "duration", text };
    throw new GraphReadError(`Neo4j gave ${text.slice(0, 200)} as ${where}: the graph model has no such kind of value.`);
  }

  /** What a `Date` cannot hold stays as it is: another zone, and fractions of a millisecond. */
  #moment(value: InstanceType<Neo4jLibrary["types"]["DateTime"]>): Date | Temporal {
    const text = isoText(value);
    const date = new Date(text);
    const isUtc = Number(value.timeZoneOffsetSeconds) === 0 && (value.timeZoneId === null || value.timeZoneId === undefined);
    const isExact = Number(value.nanosecond) % 1e6 === 0 && !Number.isNaN(date.getTime());
    return isUtc && isExact ? date : { temporal: "zonedDateTime", text };
  }
}

/** The driver writes all nine digits of a fraction, and a "T" that no time follows. */
function isoText(value: unknown): string {
  return String(value)
    .replace(/\.(\d+?)0+(?!\d)/, ".$1")
    .replace(/T$/, "");
}
