import { DeclarationError } from "datagraph";
import type { Connector } from "./connector.ts";
import { UnknownConnectorError } from "./errors.ts";

/** Connectors that come with the library. Loaded when they are asked for. */
const builtIn: ReadonlyMap<string, () => Promise<Connector>> = new Map([
  ["memory", async () => (await import("./memory/connector.ts")).connector],
  ["neo4j", async () => (await import("../neo4j/connector.ts")).connector],
  ["null", async () => (await import("./null/connector.ts")).connector],
]);

const registered = new Map<string, Connector>();

/**
 * Makes a connector known in this process under its alias.
 *
 * @throws DeclarationError when another connector has the alias.
 */
export function registerConnector(connector: Connector): void {
  const { alias } = connector;
  if (builtIn.has(alias) || (registered.has(alias) && registered.get(alias) !== connector)) {
    throw new DeclarationError(`The alias "${alias}" belongs to another connector; choose another one.`);
  }
  registered.set(alias, connector);
}

/**
 * The connector of an alias: a registered one, one that ships, or else the one that the package of this name exports as `connector`.
 *
 * @throws UnknownConnectorError when there is none; what importing the package threw is its cause.
 */
export async function findConnector(alias: string): Promise<Connector> {
  return registered.get(alias) ?? (await builtIn.get(alias)?.()) ?? importConnector(alias);
}

async function importConnector(alias: string): Promise<Connector> {
  const found = await importPackage(alias);
  const connector = typeof found === "object" && found !== null && "connector" in found ? found.connector : undefined;
  if (isConnector(connector)) return connector;
  throw unknown(alias, `the package "${alias}" exports no connector (an object with alias, parse and open)`);
}

async function importPackage(name: string): Promise<unknown> {
  // Paths and URLs are code of whoever wrote the configuration; a package is something that somebody has installed.
  if (!/^(@[\w.~-]+\/)?[\w~-][\w.~-]*(\/[\w.~-]+)*$/.test(name) || name.includes("..")) {
    throw unknown(name, "it is not registered and is not the name of a package");
  }
  try {
    return await import(name);
  } catch (cause) {
    throw unknown(name, `it is not registered, and importing it as a package failed: ${messageOf(cause)}`, { cause });
  }
}

function isConnector(value: unknown): value is Connector {
  return (
    typeof value === "object" &&
    value !== null &&
    "alias" in value &&
    typeof value.alias === "string" &&
    "parse" in value &&
    typeof value.parse === "function" &&
    "open" in value &&
    typeof value.open === "function"
  );
}

function unknown(alias: string, problem: string, options?: ErrorOptions): UnknownConnectorError {
  return new UnknownConnectorError(alias, problem, [...builtIn.keys(), ...registered.keys()], options);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
