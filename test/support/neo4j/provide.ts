import { startComposeService } from "../compose.ts";
import { freePort } from "../redis/ports.ts";
import { Neo4jServer } from "./server.ts";

/** How to reach a Neo4j, with its APOC procedures. */
export interface Neo4jAddress {
  readonly uri: string;
  readonly username: string;
  readonly password: string;
}

export interface ProvidedNeo4j {
  readonly address: Neo4jAddress;
  /** What was done to get it, in one line. */
  readonly description: string;
  readonly stop: () => Promise<void>;
}

/** Finds a real Neo4j for a whole test run, or starts one: the first of these ways that this machine offers. */
export async function provideNeo4j(): Promise<ProvidedNeo4j> {
  return givenByEnvironment() ?? (await startedByCompose()) ?? (await startedHere()) ?? noNeo4j();
}

function givenByEnvironment(): ProvidedNeo4j | undefined {
  const { NEO4J_URI: uri, NEO4J_USERNAME, NEO4J_USER, NEO4J_PASSWORD: password = "" } = process.env;
  if (uri === undefined || uri === "") return undefined;
  const address = { uri, username: NEO4J_USERNAME ?? NEO4J_USER ?? "neo4j", password };
  return { address, description: `Neo4j: ${new URL(uri).host}, as NEO4J_URI says`, stop: async () => {} };
}

async function startedByCompose(): Promise<ProvidedNeo4j | undefined> {
  const [bolt, http] = [await freePort(), await freePort()];
  const password = "test-password";
  const variables = { NEO4J_BOLT_PORT: String(bolt), NEO4J_HTTP_PORT: String(http), NEO4J_PASSWORD: password };
  const stop = await startComposeService("neo4j", variables);
  if (stop === undefined) return undefined;
  const address = { uri: `bolt://127.0.0.1:${bolt}`, username: "neo4j", password };
  return { address, description: `Neo4j: started with docker compose at ${address.uri}, until the tests end`, stop };
}

async function startedHere(): Promise<ProvidedNeo4j | undefined> {
  const server = await Neo4jServer.startIfPossible();
  if (server === undefined) return undefined;
  const { uri, username, password, pid } = server;
  const description = `Neo4j: started from Maven Central's jars at ${uri}, process ${pid}, until the tests end`;
  return { address: { uri, username, password }, description, stop: () => server.stop() };
}

function noNeo4j(): never {
  throw new Error(
    "These tests need a real Neo4j, and there is none: set NEO4J_URI (and NEO4J_USERNAME, NEO4J_PASSWORD), start a Docker engine, " +
      "install Java 17 or 21 and Maven, or run as root on Debian so that they can be installed",
  );
}
