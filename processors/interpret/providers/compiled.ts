/** What a provider works on. */
export interface Context {
  readonly document: unknown;
  readonly variables: ReadonlyMap<string, unknown>;
}

/** A provider as plain functions. A value that is not there is null. */
export interface Compiled {
  /** The first of its values. */
  readonly one: (context: Context) => unknown;
  readonly many: (context: Context) => readonly unknown[];
  /** Set where the value is the same for every record. */
  readonly constant?: { readonly value: unknown };
}

const NONE: readonly unknown[] = [];

/** Null is no value, a list is its elements, anything else is one value. Texts are not taken apart. */
export function asMany(found: unknown): readonly unknown[] {
  if (found === null || found === undefined) return NONE;
  return Array.isArray(found) ? found : [found];
}

/** Of one function that finds a value or a list of them. */
export function found(find: (context: Context) => unknown): Compiled {
  return {
    one: (context) => {
      const value = find(context);
      return Array.isArray(value) ? (value[0] ?? null) : value;
    },
    many: (context) => asMany(find(context)),
  };
}

/** Every value of another provider, changed. */
export function each({ one, many }: Compiled, change: (value: unknown) => unknown): Compiled {
  return { one: (context) => change(one(context)), many: (context) => many(context).map(change) };
}

/** A constant list is itself as one value, and its elements as many. */
export function constantOf(value: unknown): Compiled {
  const values = asMany(value);
  return { one: () => value, many: () => values, constant: { value } };
}
