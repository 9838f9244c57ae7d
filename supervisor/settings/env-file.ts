import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadEnvFile } from "node:process";
import { UsageError } from "../exit-codes.ts";

/** Adds what the folder's `.env` says to the environment. What is set there already stays: it was set on purpose. */
export function loadEnvironment(folder: string): void {
  const file = join(folder, ".env");
  if (!existsSync(file)) return;
  try {
    loadEnvFile(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
