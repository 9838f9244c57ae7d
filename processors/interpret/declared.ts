import { InvalidPartError } from "./errors.ts";
import { describeValue, isMap } from "./values.ts";

/** A part of a declaration, with its path in it, so that a mistake is named with its place. */
export class Declared {
  readonly value: unknown;
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  /** @throws InvalidPartError always: what was expected here, and what was found. */
  refuse(expected: string, found = describeValue(this.value)): never {
    throw new InvalidPartError(this.path, `expected ${expected}, found ${found}`);
  }

  get isThere(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** This, as a map that has no other keys than these. */
  map(...known: readonly string[]): this {
    if (!isMap(this.value)) this.refuse(`a map of ${known.join(", ")}`);
    for (const key of Object.keys(this.value)) {
      if (!known.includes(key)) throw new InvalidPartError(this.path, `unknown key "${key}"; known are: ${known.join(", ")}`);
    }
    return this;
  }

  at(key: string): Declared {
    const found = isMap(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new Declared(found, /^[\w$]+$/.test(key) ? `${this.path}.${key}` : `${this.path}[${JSON.stringify(key)}]`);
  }

  items(expected: string): Declared[] {
    if (!Array.isArray(this.value)) this.refuse(expected);
    return this.value.map((item, i) => new Declared(item, `${this.path}[${i}]`));
  }

  entries(expected: string): [name: string, value: Declared][] {
    if (!isMap(this.value)) this.refuse(expected);
    return Object.keys(this.value).map((name) => [name, this.at(name)]);
  }

  text(expected = "a text that is not empty"): string {
    return typeof this.value === "string" && this.value !== "" ? this.value : this.refuse(expected);
  }

  texts(expected: string): string[] {
    return this.isThere ? this.items(expected).map((item) => item.text()) : [];
  }

  flag(otherwise: boolean): boolean {
    if (!this.isThere) return otherwise;
    return typeof this.value === "boolean" ? this.value : this.refuse("true or false");
  }

  oneOf<const T extends string>(options: readonly T[], otherwise?: T): T {
    if (!this.isThere && otherwise !== undefined) return otherwise;
    return options.find((option) => option === this.value) ?? this.refuse(`one of ${options.join(", ")}`);
  }
}
