import { Processor } from "datagraph";
import { Licence, Manifest } from "./streams.ts";

/** Finds each package's licence, in whichever of its many forms it is written down. */
export const findLicences = new Processor({
  name: "find licences",
  inputs: { manifests: Manifest },
  outputs: { licences: Licence },
}).implementEach({}, (manifest) => ({
  licences: { id: manifest.package.id, licence: licenceOf(manifest) ?? "not stated" },
}));

/** The first that is there, of what the package says and what the lock file does. */
export function licenceOf({ package: { licence }, license, licenses }: Manifest): string | undefined {
  return named(license) ?? named(licenses) ?? named(licence);
}

/** From `"MIT"`, `"(MIT OR CC0-1.0)"`, and what old packages have: `{ type: "MIT" }`, or a list of any of them. */
function named(licence: unknown): string | undefined {
  if (Array.isArray(licence)) {
    const names = licence.map(named).filter((name) => name !== undefined);
    return names.length === 0 ? undefined : names.join(" OR ");
  }
  if (typeof licence === "object" && licence !== null && "type" in licence) return named(licence.type);
  if (typeof licence !== "string" || licence.trim() === "") return undefined;
  return licence.trim().replace(/^\(([^()]*)\)$/, "$1");
}
