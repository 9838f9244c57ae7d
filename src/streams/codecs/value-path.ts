/** One step into a value: a property or an index, or text that is shown as it is (`.get("key")`). */
export type PathStep = string | number | { readonly text: string };

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]{0,59}$/u;
const LONGEST_KEY = 60;
/** The middle of a longer path is left out. */
const MOST_STEPS = 20;

/** Shows where in a chunk something is, as code that would reach it: `values[3].a["b c"]`. */
export function formatPath(steps: readonly PathStep[]): string {
  const shown =
    steps.length <= MOST_STEPS ? steps : [...steps.slice(0, MOST_STEPS / 2), { text: "…" }, ...steps.slice(-MOST_STEPS / 2)];
  return `values${shown.map(formatStep).join("")}`;
}

function formatStep(step: PathStep): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "object") return step.text;
  return IDENTIFIER.test(step) ? `.${step}` : `[${quote(step)}]`;
}

/** The step to what a Map holds under a key; only keys that read well are shown. */
export function mapStep(key: unknown, index: number): PathStep {
  if (typeof key === "string") return { text: `.get(${quote(key)})` };
  if (typeof key === "number" || typeof key === "boolean") return { text: `.get(${key})` };
  return { text: `.entries()[${index}][1]` };
}

/** Says what a value is, in words that fit behind "found". Never runs code of the value, and never prints its content. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "bigint":
      return "a BigInt";
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return value === null ? "null" : `an instance of ${className(value)}`;
    default:
      return String(typeof value);
  }
}

/** The name of an object's class, read without running a getter or a proxy's trap that throws. */
export function className(value: object): string {
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (typeof prototype !== "object" || prototype === null) return "an unknown class";
    const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
    if (typeof maker !== "function" || maker.name === "") return "an unnamed class";
    return maker.name.slice(0, LONGEST_KEY);
  } catch {
    return "an unknown class";
  }
}

function quote(key: string): string {
  return JSON.stringify(key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key);
}
