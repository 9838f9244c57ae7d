/// <reference lib="es2024.string" />
import { UnstorableError } from "./errors.ts";
import type { DesiredIngestion, GraphNode, GraphRelationship, NodeOperation, Properties, Temporal } from "./model.ts";
import { isFloat, isList, isTemporal } from "./values.ts";

/**
 * Why a property graph cannot store what an ingestion wants, if it cannot. What passes, databases take: so that one bad record
 * is refused alone, and not the batch it came in.
 */
export function problemOf(ingestion: DesiredIngestion): UnstorableError | undefined {
  try {
    checkIngestion(ingestion);
    return undefined;
  } catch (error) {
    if (error instanceof UnstorableError) return error;
    return new UnstorableError("An ingestion", "something that is none", "It has nodes, relationships and hooks.", {
      cause: error,
    });
  }
}

function checkIngestion({ nodes, relationships, hooks }: DesiredIngestion): void {
  for (const operation of nodes) checkNodeOperation(operation);
  for (const { from, to, relationship, rule } of relationships) {
    // Mostly the source of all of an ingestion's relationships.
    if (from !== nodes[0]) checkNodeOperation(from);
    if (to !== nodes[0]) checkNodeOperation(to);
    if (rule !== "EAGER" && rule !== "CREATE") throw unknownRule(rule, "EAGER or CREATE");
    checkRelationship(relationship);
  }
  for (const { name, parameters } of hooks) checkProperties(parameters, `The ingestion hook "${name}"`, "parameter");
}

function checkNodeOperation({ node, rule }: NodeOperation): void {
  if (rule !== "EAGER" && rule !== "MATCH_ONLY" && rule !== "FUZZY") throw unknownRule(rule, "EAGER, MATCH_ONLY or FUZZY");
  checkNode(node);
}

function unknownRule(found: unknown, known: string): UnstorableError {
  return new UnstorableError("An operation's rule", `"${String(found)}"`, `The rules are ${known}.`);
}

function checkNode({ type, key, properties, additionalTypes }: GraphNode): void {
  checkName(type, "A node's type");
  for (const each of additionalTypes) checkName(each, "A node's additional type");
  let parts = 0;
  for (const name in key) {
    checkKeyPart(key, name, type);
    parts++;
  }
  if (parts === 0) throw new UnstorableError(`A node of type "${type}"`, "an empty key", "A key needs one part or more.");
  checkProperties(properties, type, "property");
}

function checkRelationship({ type, key, properties }: GraphRelationship): void {
  checkName(type, "A relationship's type");
  for (const name in key) checkKeyPart(key, name, type);
  checkProperties(properties, type, "property");
}

function checkKeyPart(key: Properties, name: string, type: string): void {
  const value: unknown = key[name];
  checkPropertyName(name, type, "key part");
  if (value === null || value === undefined) {
    throw new UnstorableError(place(type, "key part", name), String(value), "Without it nothing can be identified.");
  }
  if (Number.isNaN(isFloat(value) ? value.float : value)) {
    throw new UnstorableError(place(type, "key part", name), "NaN", "It equals nothing, so it identifies nothing.");
  }
  checkValue(value, type, "key part", name);
}

function checkProperties(properties: Properties, type: string, kind: string): void {
  for (const name in properties) {
    checkPropertyName(name, type, kind);
    const value: unknown = properties[name];
    if (value !== null) checkValue(value, type, kind, name);
  }
}

function checkValue(value: unknown, type: string, kind: string, name: string): void {
  // Where it is makes a text only when something is wrong: this runs for every value.
  const problem = isList(value) ? problemOfList(value) : problemOfScalar(value);
  if (problem) throw new UnstorableError(place(type, kind, name), problem.found, problem.whatToDo);
}

interface Problem {
  readonly found: string;
  readonly whatToDo: string;
}

function problemOfScalar(value: unknown): Problem | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : { found: "half of a surrogate pair", whatToDo: "Store bytes as a Uint8Array." };
    case "number":
    case "boolean":
      return undefined;
    case "bigint":
      return BigInt.asIntN(64, value) === value
        ? undefined
        : { found: "an integer of more than 64 bits", whatToDo: "Store it as text or as a float." };
    case "object":
      return problemOfObject(value);
    default:
      return {
        found: `${typeof value === "undefined" ? "" : "a "}${typeof value}`,
        whatToDo: "Leave it out, or use null to remove it.",
      };
  }
}

function problemOfObject(value: object | null): Problem | undefined {
  if (value instanceof Uint8Array) return undefined;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? { found: "a date that is none", whatToDo: "Parse it another way." } : undefined;
  }
  if (isFloat(value) && typeof value.float === "number") return undefined;
  if (isTemporal(value) && Object.hasOwn(TEMPORAL_FORMS, value.temporal)) return problemOfTemporal(value);
  if (value === null) return { found: "null", whatToDo: "Leave nulls out of lists." };
  return {
    found: isList(value) ? "a list in a list" : "a map",
    whatToDo: "Take its parts as properties, or store it as JSON text.",
  };
}

function problemOfTemporal({ temporal, text }: Temporal): Problem | undefined {
  if (typeof text === "string" && TEMPORAL_FORMS[temporal].test(text)) return undefined;
  return {
    found: `a ${temporal} that is not ISO 8601`,
    whatToDo: "Write it as in 2024-05-06, 07:08:09.01, 2024-05-06T07:08Z, P1DT2H.",
  };
}

function problemOfList(list: readonly unknown[]): Problem | undefined {
  let first: string | undefined;
  for (const item of list) {
    const problem = problemOfScalar(item);
    if (problem) return problem;
    if (item instanceof Uint8Array) return { found: "bytes in a list", whatToDo: "Store each as a property of its own." };
    const kind = kindOf(item);
    first ??= kind;
    if (kind !== first) return { found: `a list that mixes ${first} and ${kind}`, whatToDo: "A list holds one kind of value." };
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (typeof value === "bigint" || isFloat(value)) return "number";
  if (value instanceof Date) return "zonedDateTime";
  return isTemporal(value) ? value.temporal : typeof value;
}

function checkPropertyName(name: string, type: string, kind: string): void {
  if (knownNames.has(name)) return;
  const problem = problemOfName(name);
  if (problem) throw new UnstorableError(`The name of a ${kind} of "${type}"`, problem, "Choose another name.");
  remember(name);
}

function checkName(name: string, what: string): void {
  if (knownNames.has(name)) return;
  const problem = problemOfName(name);
  if (problem) throw new UnstorableError(what, problem, "Choose another name.");
  remember(name);
}

function problemOfName(name: unknown): string | undefined {
  if (typeof name !== "string") return `${name === null ? "null" : typeof name} in place of a name`;
  if (name === "") return "an empty name";
  if (name.length > LONGEST_NAME) return `a name of ${name.length} characters; the most is ${LONGEST_NAME}`;
  if (name.includes("\0")) return "a name with the character U+0000";
  return name.isWellFormed() ? undefined : "a name with half of a surrogate pair";
}

/** Names repeat from record to record. */
const knownNames = new Set<string>();

function remember(name: string): void {
  if (knownNames.size >= MOST_KNOWN_NAMES) knownNames.clear();
  knownNames.add(name);
}

function place(type: string, kind: string, name: string): string {
  return `${type}, ${kind} "${name}"`;
}

const MOST_KNOWN_NAMES = 10_000;
/** Neo4j's limit, in bytes; a character takes four at most. */
const LONGEST_NAME = Math.floor(65_534 / 4);

const DATE = "[+-]?\\d{4,9}-\\d\\d-\\d\\d";
const TIME = "\\d\\d:\\d\\d(:\\d\\d([.,]\\d{1,9})?)?";
const ZONE = "(Z|[+-]\\d\\d:?\\d\\d(:?\\d\\d)?)";
const TEMPORAL_FORMS: Readonly<Record<Temporal["temporal"], RegExp>> = {
  date: new RegExp(`^${DATE}$`),
  localDateTime: new RegExp(`^${DATE}T${TIME}$`),
  zonedDateTime: new RegExp(`^${DATE}T${TIME}${ZONE}(\\[[\\w/+-]{1,64}\\])?$`),
  localTime: new RegExp(`^${TIME}$`),
  zonedTime: new RegExp(`^${TIME}${ZONE}$`),
  duration: /^[+-]?P(?=.)([+-]?\d+([.,]\d+)?[YMWD])*(T(?=.)([+-]?\d+([.,]\d+)?[HMS])*)?$/,
};
