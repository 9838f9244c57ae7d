import type { Properties, PropertyValue } from "../../graph/index.ts";
import type { Declared } from "../declared.ts";
import { Problem } from "../errors.ts";
import { type Normalization, type Normalize, normalizer } from "../normalise.ts";
import { compileProvider, isProviderOfMap, type Surroundings } from "../providers/compile.ts";
import type { Compiled, Context } from "../providers/compiled.ts";
import { describeValue, isFloat, isMap, setOwn, toProperty } from "../values.ts";

/** Named values as declared: each with a provider, or all of them from one. */
type Named =
  | { readonly kind: "each"; readonly parts: readonly Part[] }
  | { readonly kind: "provided"; readonly provider: Compiled; readonly path: string };

interface Part {
  readonly name: string;
  readonly path: string;
  readonly provider: Compiled;
}

function compileNamed(declared: Declared, surroundings: Surroundings): Named {
  if (isProviderOfMap(declared.value))
    return { kind: "provided", provider: compileProvider(declared, surroundings), path: declared.path };
  const parts = declared.entries("a map of values by name, or a provider of one").map(([name, value]) => {
    if (name === "") declared.refuse("names that are not empty", "an empty one");
    return { name, path: value.path, provider: compileProvider(value, surroundings) };
  });
  return { kind: "each", parts };
}

type Convert<T> = (value: unknown, declaration: string) => T;
type MakeMap<T> = (context: Context) => Readonly<Record<string, T>>;

function compileMap<T>(named: Named, convert: Convert<T>): MakeMap<T> {
  if (named.kind === "provided") return (context) => providedMap(named.provider.one(context), named.path, convert);
  const { parts } = named;
  return (context) => {
    const map: Record<string, T> = {};
    for (const { name, path, provider } of parts) setOwn(map, name, convert(provider.one(context), path));
    return map;
  };
}

/** Null is a map without entries. */
function providedMap<T>(value: unknown, declaration: string, convert: Convert<T>): Readonly<Record<string, T>> {
  const map: Record<string, T> = {};
  if (value === null || value === undefined) return map;
  if (!isMap(value)) throw new Problem(declaration, `expected a map of values by name, found ${describeValue(value)}`);
  for (const name of Object.keys(value)) {
    if (name === "") throw new Problem(declaration, "a property's name is not empty, found an empty one");
    setOwn(map, name, convert(value[name], declaration));
  }
  return map;
}

function normalizing(normalize: Normalize | undefined): Convert<PropertyValue> {
  return normalize ? (value, declaration) => toProperty(normalize(value), declaration) : toProperty;
}

/** Properties of a node or relationship; nothing declared is no properties. */
export function compileProperties(
  declared: Declared,
  using: readonly Normalization[],
  surroundings: Surroundings,
): (context: Context) => Properties {
  if (!declared.isThere) return () => NO_PROPERTIES;
  return compileMap(compileNamed(declared, surroundings), normalizing(normalizer(using)));
}

export const NO_PROPERTIES: Properties = Object.freeze({});

/** Values of any kind by name. */
export function compileValues(declared: Declared, using: readonly Normalization[], surroundings: Surroundings): MakeMap<unknown> {
  const normalize = normalizer(using);
  return compileMap(compileNamed(declared, surroundings), (value) => (normalize ? normalize(value) : value) ?? null);
}

/** A node's key, as one and as many. */
export interface CompiledKey {
  /** Undefined where a part is null. */
  readonly one: (context: Context) => Properties | undefined;
  /** By position. Those with a part that is null are left out. */
  readonly many: (context: Context) => readonly Properties[];
}

export function compileKey(declared: Declared, using: readonly Normalization[], surroundings: Surroundings): CompiledKey {
  const named = compileNamed(declared, surroundings);
  if (named.kind === "each" && named.parts.length === 0) declared.refuse("a key of at least one part");
  const toPart = keyPart(normalizing(normalizer(using)));
  return named.kind === "each"
    ? keyOfParts(named.parts, toPart, declared.path)
    : keyOfMaps(named.provider, toPart, declared.path);
}

/** Nothing equals NaN: a node with it as its key would be made anew each time. */
function keyPart(convert: Convert<PropertyValue>): Convert<PropertyValue> {
  return (value, declaration) => {
    const part = convert(value, declaration);
    if (Number.isNaN(part) || (isFloat(part) && Number.isNaN(part.float)))
      throw new Problem(declaration, "a key holds numbers that equal themselves, found NaN");
    return part;
  };
}

function keyOfParts(parts: readonly Part[], toPart: Convert<PropertyValue>, declaration: string): CompiledKey {
  const keyOf = (find: (part: Part, index: number) => unknown): Properties | undefined => {
    const key: Record<string, PropertyValue> = {};
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      const value = toPart(find(part, i), part.path);
      if (value === null) return undefined;
      setOwn(key, part.name, value);
    }
    return key;
  };
  return {
    one: (context) => keyOf(({ provider }) => provider.one(context)),
    many: (context) => {
      const columns = parts.map(({ provider }) => provider.many(context));
      const length = columns[0]?.length ?? 0;
      if (columns.some((column) => column.length !== length)) {
        const found = parts.map(({ name }, i) => `${columns[i]?.length} of ${name}`).join(", ");
        throw new Problem(declaration, `with findMany each part of a key has as many values, found ${found}`);
      }
      return Array.from({ length }, (_, at) => keyOf((_part, i) => columns[i]?.[at])).filter((key) => key !== undefined);
    },
  };
}

function keyOfMaps({ one, many }: Compiled, toPart: Convert<PropertyValue>, declaration: string): CompiledKey {
  const keyOf = (value: unknown): Properties | undefined => {
    if (value === null || value === undefined) return undefined;
    const key = providedMap(value, declaration, toPart);
    const parts = Object.values(key);
    if (parts.length === 0) throw new Problem(declaration, "a key has at least one part, found an empty map");
    return parts.includes(null) ? undefined : key;
  };
  return {
    one: (context) => keyOf(one(context)),
    many: (context) =>
      many(context)
        .map(keyOf)
        .filter((key) => key !== undefined),
  };
}

/** The name of a type, from a provider. */
export function compileType(declared: Declared, surroundings: Surroundings): (context: Context) => string {
  const { one, constant } = compileProvider(declared, surroundings);
  if (constant) {
    const type = typeof constant.value === "string" && constant.value !== "" ? constant.value : declared.refuse("a type's name");
    return () => type;
  }
  return (context) => {
    const type = one(context);
    if (typeof type === "string" && type !== "") return type;
    throw new Problem(declared.path, `expected a type's name, found ${describeValue(type)}`);
  };
}
