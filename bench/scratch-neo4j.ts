import { provideNeo4j } from "../test/support/neo4j/provide.ts";

/** A Neo4j as the tests find or start it. Its address has the credentials in it. */
export async function scratchNeo4j(): Promise<{ readonly url: string; readonly description: string; stop(): Promise<void> }> {
  const { address, description, stop } = await provideNeo4j();
  return { url: withCredentials(address), description, stop };
}

export function withCredentials({ uri, username, password }: { uri: string; username: string; password: string }): string {
  return uri.replace("://", `://${encodeURIComponent(username)}:${encodeURIComponent(password)}@`);
}
