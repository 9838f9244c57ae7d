import { ConnectorOptionsError } from "../graph/index.ts";
import type { Neo4jHook } from "./writing/hooks.ts";

/** How to reach a Neo4j, and how to write to it. */
export interface Neo4jOptions {
  /** As in `neo4j://host:7687`, `bolt://…`, or `neo4j+s://…` for TLS. */
  readonly uri: string;
  /** Default `neo4j`. */
  readonly username?: string;
  /** Default: none, for servers that ask for none. */
  readonly password?: string;
  /** Default: the user's home database. */
  readonly database?: string;
  /** Whether to use APOC's procedures. Default: where they are installed. `true` makes it an error when they are not. */
  readonly useApoc?: boolean;
  /** How many rows are written in one transaction. Default 1000. */
  readonly chunkSize?: number;
  /** How many connections there are at most. Default 10. */
  readonly maxConnections?: number;
  /** How long connecting may take, in milliseconds. Default 10 seconds. */
  readonly connectTimeoutMs?: number;
  /** How long a transaction is tried again after errors that pass by themselves, in milliseconds. Default 30 seconds. */
  readonly retryMs?: number;
  /**
   * Whether a uniqueness constraint is made for each type's key before it is first written. Default `true`. Without one every row of a `MERGE`
   * looks at all nodes of its type, and two writers may both create a node. With `false` a missing one is only warned of.
   */
  readonly ensureKeys?: boolean;
  /** Whether nodes and relationships get `first_ingested_at` when they are created. Default `false`. */
  readonly firstIngestedAt?: boolean;
  /** What ingestion hooks do, by name: a Cypher statement, or a function. */
  readonly hooks?: Readonly<Record<string, Neo4jHook>>;
  /** Told, once each, what the user should know. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string) => void;
  /** Told of every transaction that is tried again, and why. */
  readonly onRetry?: (error: Error, attempt: number) => void;
}

/** The same, with every default filled in. */
export interface ParsedNeo4jOptions extends Required<Omit<Neo4jOptions, "database" | "useApoc" | "onRetry">> {
  readonly database: string | undefined;
  readonly useApoc: boolean | undefined;
  readonly onRetry: Required<Neo4jOptions>["onRetry"] | undefined;
}

type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "a text that is not empty");
const flag: Check = (value) => (typeof value === "boolean" ? undefined : "true or false");
const call: Check = (value) => (typeof value === "function" ? undefined : "a function");
const from =
  (least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least ? undefined : `a whole number from ${least}`;

const checks: Readonly<Record<keyof Neo4jOptions, Check>> = {
  uri: text,
  username: text,
  password: (value) => (typeof value === "string" ? undefined : "a text"),
  database: text,
  useApoc: flag,
  chunkSize: from(1),
  maxConnections: from(1),
  connectTimeoutMs: from(1),
  retryMs: from(0),
  ensureKeys: flag,
  firstIngestedAt: flag,
  hooks: (value) =>
    isMap(value) && Object.values(value).every((hook) => typeof hook === "function" || text(hook) === undefined)
      ? undefined
      : "a map from names to Cypher statements or functions",
  onWarning: call,
  onRetry: call,
};

/** Checks what a person wrote. @throws ConnectorOptionsError that names the option. It repeats no password. */
export function parseOptions(options: unknown): ParsedNeo4jOptions {
  const given = checkOptions(options);
  const address = parseUri(given.uri);
  return {
    username: "neo4j",
    password: "",
    database: undefined,
    useApoc: undefined,
    chunkSize: 1000,
    maxConnections: 10,
    connectTimeoutMs: 10_000,
    retryMs: 30_000,
    ensureKeys: true,
    firstIngestedAt: false,
    hooks: {},
    onWarning: (message) => process.emitWarning(message, "DatagraphNeo4jWarning"),
    onRetry: undefined,
    ...address,
    ...given,
    uri: address.uri,
  };
}

function checkOptions(options: unknown): Neo4jOptions {
  if (!isMap(options)) throw wrong("", `its options must be a map, found ${kindOf(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!isOption(name)) throw wrong(name, `there is no such option; there are ${Object.keys(checks).join(", ")}`);
    const expected = checks[name](value);
    if (expected !== undefined && value !== undefined) throw wrong(name, `expected ${expected}, found ${found(name, value)}`);
  }
  if (!isComplete(options)) throw wrong("uri", 'it is missing; expected an address, as in "neo4j://localhost:7687"');
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as typeof options;
}

/** Takes credentials out of the URI, so that no message can repeat them. */
function parseUri(uri: string): Pick<Neo4jOptions, "uri" | "username" | "password"> {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || !/^(neo4j|bolt)(\+s|\+ssc)?:$/.test(url.protocol) || url.hostname === "") {
    throw wrong("uri", "it cannot be read; expected neo4j://host:7687, bolt://host:7687, or neo4j+s:// for TLS");
  }
  const { username, password, search } = url;
  return {
    uri: `${url.protocol}//${url.host}${search}`,
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOption(name: string): name is keyof Neo4jOptions {
  return Object.hasOwn(checks, name);
}

function isComplete(options: Record<string, unknown>): options is Record<string, unknown> & Neo4jOptions {
  return options.uri !== undefined;
}

function found(name: string, value: unknown): string {
  return typeof value === "object" || typeof value === "function" || name === "password" || name === "uri"
    ? kindOf(value)
    : JSON.stringify(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : `a value of type ${typeof value}`;
}

function wrong(option: string, problem: string): ConnectorOptionsError {
  return new ConnectorOptionsError("neo4j", option, problem);
}
