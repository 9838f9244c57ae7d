import type { MemoryGraph } from "datagraph/graph/memory";
import type { DependencyGraph } from "./graphs.ts";
import { section, shortened } from "./report-text.ts";
import { count } from "./text.ts";

/** What a dependency graph answers, as a person reads it. @param id of the package to do without; default the most needed one. */
export async function graphText(graph: DependencyGraph, id?: string): Promise<string> {
  const needs = await graph.mostNeeded();
  const removed = id ?? needs[0]?.id;
  const hit = removed === undefined ? undefined : await graph.without(removed);
  return [
    ...section(
      ["Most needed", "directly", "in all"],
      needs.slice(0, TOP).map(({ id, direct, total }) => [id, String(direct), String(total)]),
    ),
    ...(removed === undefined ? [] : ["", `  Without ${removed}: ${consequence(hit)}`]),
  ].join("\n");
}

function consequence(hit: readonly string[] | undefined): string {
  if (hit === undefined) return "there is no such package";
  return hit.length === 0
    ? "nothing is hit"
    : `${count(hit.length, "package")} ${hit.length === 1 ? "is" : "are"} hit: ${shortened(hit)}`;
}

/** How much there is of everything. */
export function sizeText(graph: MemoryGraph): string {
  const nodes = (type: string, what: string) => count([...graph.nodes(type)].length, what);
  const dependencies = [...graph.relationships("DEPENDS_ON")].length;
  return [
    nodes("Package", "package"),
    nodes("Version", "version"),
    nodes("Licence", "licence"),
    nodes("Person", "maintainer"),
    `${dependencies} dependenc${dependencies === 1 ? "y" : "ies"}`,
  ].join(", ");
}

const TOP = 8;
