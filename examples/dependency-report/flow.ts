import { Flow } from "datagraph";
import { findLicences } from "./find-licences.ts";
import { listPackages } from "./list-packages.ts";
import { measureSizes } from "./measure-sizes.ts";
import { rankPackages } from "./rank-packages.ts";
import { readManifests } from "./read-manifests.ts";
import { readReadmes } from "./read-readmes.ts";
import { writeReport } from "./write-report.ts";

/** From project folders to one report. Processors are wired by the names of their streams, in whatever order they stand here. */
export const dependencyReport = Flow.fromProcessors(
  listPackages,
  readManifests,
  findLicences,
  measureSizes,
  readReadmes,
  rankPackages,
  writeReport,
).resolve();
