import { MissingPackageError } from "datagraph";
import type neo4j from "neo4j-driver";

/** The driver, as it is loaded. */
export type Neo4jLibrary = typeof neo4j;

/** Loads the driver, which is an optional peer. @throws MissingPackageError. */
export async function loadLibrary(): Promise<Neo4jLibrary> {
  try {
    return (await import("neo4j-driver")).default;
  } catch (cause) {
    throw new MissingPackageError("neo4j-driver", "The Neo4j connector", { cause });
  }
}
