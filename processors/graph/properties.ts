import type { Properties, PropertyValue } from "./model.ts";

/** Properties that are being put together. */
export type MutableProperties = Record<string, PropertyValue>;

/** The value under a name, if it is there: never something of the prototype. */
export function getValue(properties: Properties, name: string): PropertyValue | undefined {
  return name in EMPTY && !Object.hasOwn(properties, name) ? undefined : properties[name];
}

/** Sets a property, also one that is called `__proto__`. */
export function setValue(properties: MutableProperties, name: string, value: PropertyValue): void {
  if (name !== "__proto__") properties[name] = value;
  else Object.defineProperty(properties, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Both as maps: the later value of a name wins, also when it is null. Gives `earlier` itself where nothing changes. */
export function mergeProperties(earlier: Properties, later: Properties): Properties {
  for (const name in later) {
    if (getValue(earlier, name) !== later[name]) return { ...earlier, ...later };
  }
  return earlier;
}

/** Without some names. Gives `properties` itself where none of them is there. */
export function without(properties: Properties, names: readonly string[]): Properties {
  if (!names.some((name) => Object.hasOwn(properties, name))) return properties;
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

const EMPTY: object = {};
