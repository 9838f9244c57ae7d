import { Flow } from "datagraph";
import { type ConnectorChoice, graphWriter } from "datagraph/graph";
import { interpretFacts } from "./dependency-graph.ts";
import { describePackages } from "./describe-packages.ts";
import { findLicences } from "./find-licences.ts";
import { listPackages } from "./list-packages.ts";
import { measureSizes } from "./measure-sizes.ts";
import { readManifests } from "./read-manifests.ts";
import { readReadmes } from "./read-readmes.ts";
import { writeReport } from "./write-report.ts";

/** From project folders to one report, and to a graph. Processors are wired by the names of their streams, in whatever order they stand here. */
export function dependencyReport(graph: ConnectorChoice) {
  return Flow.fromProcessors(
    listPackages,
    readManifests,
    findLicences,
    measureSizes,
    readReadmes,
    writeReport,
    describePackages,
    interpretFacts,
    graphWriter({ ...graph, name: "write graph", input: "ingestions", pipeline: "dependencies", onRefused: "fail" }),
  ).resolve();
}
