import { GraphWriteError, type Properties, type PropertyValue, type Scalar, type Temporal } from "../../graph/index.ts";
import type { Neo4jLibrary } from "../library.ts";

/** Properties as the driver sends them: a map of its own kinds of values. */
export type DriverMap = Record<string, unknown>;

const largest = 2n ** 63n - 1n;

/** Turns property values into what the driver sends without loss: integers stay integers, floats floats, moments moments. */
export class ToDriver {
  readonly #library: Neo4jLibrary;

  constructor(library: Neo4jLibrary) {
    this.#library = library;
  }

  /**
   * @param omit names to leave out.
   * @throws GraphWriteError that names the property, for values that Neo4j cannot store.
   */
  properties(properties: Properties, omit: readonly string[] = []): DriverMap {
    const map: DriverMap = {};
    for (const name of Object.keys(properties)) {
      if (omit.includes(name)) continue;
      if (name === "") throw new GraphWriteError("data", "Neo4j takes no property with an empty name.");
      const value = this.value(properties[name] ?? null, name);
      if (name !== "__proto__") map[name] = value;
      else Object.defineProperty(map, name, { value, enumerable: true });
    }
    return map;
  }

  /** @param name whose value it is, for errors. */
  value(value: PropertyValue, name: string): unknown {
    if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
    if (!isList(value)) return this.#scalar(value, name);
    return value.map((item) => {
      if (item === null || item === undefined) throw refused(name, "a list with a null in it");
      return this.#scalar(item, name);
    });
  }

  /** A moment, in UTC. */
  instant(date: Date, name: string): unknown {
    if (Number.isNaN(date.getTime())) throw refused(name, "an invalid Date");
    const day = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()] as const;
    const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds() * 1e6] as const;
    return new this.#library.types.DateTime(...day, ...time, 0);
  }

  #scalar(value: Scalar, name: string): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return integerOrFloat(value);
      case "bigint":
        if (value > largest || value < -largest - 1n) throw refused(name, `${value}, which takes more than 64 bits`);
        return value;
      case "object":
        return this.#object(value, name);
      default:
        throw refused(name, `a ${typeof value}`);
    }
  }

  #object(value: Exclude<Scalar, string | number | bigint | boolean>, name: string): unknown {
    if (value instanceof Date) return this.instant(value, name);
    // The driver sends bytes from this kind of array only.
    if (value instanceof Uint8Array) return new Int8Array(value.buffer, value.byteOffset, value.byteLength);
    if ("float" in value && typeof value.float === "number") return value.float;
    if ("temporal" in value && typeof value.text === "string") return this.#temporal(value, name);
    throw refused(name, Array.isArray(value) ? "a list in a list" : "a map");
  }

  #temporal({ temporal, text }: Temporal, name: string): unknown {
    const { types } = this.#library;
    const kinds = {
      date: types.Date,
      localDateTime: types.LocalDateTime,
      zonedDateTime: types.DateTime,
      localTime: types.LocalTime,
      zonedTime: types.Time,
      duration: types.Duration,
    };
    let value: object;
    try {
      value = kinds[temporal].fromString(text);
    } catch (cause) {
      throw refused(name, `"${text}", which is no ISO 8601 ${temporal}`, { cause });
    }
    // The driver would take the 30th of February for the 1st of March.
    if (
      "day" in value &&
      "month" in value &&
      "year" in value &&
      Number(value.day) > daysOf(Number(value.year), Number(value.month))
    ) {
      throw refused(name, `"${text}", a day that does not exist`);
    }
    return value;
  }
}

function isList(value: PropertyValue): value is readonly Scalar[] {
  return Array.isArray(value);
}

/** The driver sends a number as a float, and a bigint as an integer. What no integer of 64 bits can hold can still be a float, exactly. */
function integerOrFloat(value: number): number | bigint {
  return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(value) : value;
}

function daysOf(year: number, month: number): number {
  // The calendar repeats every 400 years, and `Date` would take the years up to 99 for those of the 20th century.
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

function refused(name: string, what: string, options?: ErrorOptions): GraphWriteError {
  return new GraphWriteError(
    "data",
    `Neo4j cannot store property "${name}": it is ${what}. Properties hold texts, numbers, booleans, moments, bytes, or lists of one kind of these.`,
    options,
  );
}
