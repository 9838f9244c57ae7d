import { resolve } from "node:path";
import { namingOf } from "../steps/sources.ts";
import type { PipelineStep } from "../steps/step.ts";
import { check } from "../yaml/check.ts";
import { closest } from "../yaml/closest.ts";
import { refuse } from "../yaml/errors.ts";
import { child, describeNode, type YamlNode } from "../yaml/node.ts";
import { readYaml } from "../yaml/read.ts";
import { type Tags, toValue } from "../yaml/value.ts";
import { stepFile } from "./arguments.ts";
import { steps } from "./steps.ts";
import { unsupported } from "./unsupported.ts";

/**
 * The steps of a pipeline file of nodestream's.
 *
 * @param folder where its paths start: nodestream's do where it is called. @throws ProjectFileError.
 */
export async function readPipelineFile(path: string, folder: string, tags: Tags): Promise<readonly PipelineStep[]> {
  const node = await readYaml(resolve(folder, path), { version: "1.1", includesFrom: folder });
  if (node.kind !== "list") refuse(node.place, `expected a list of steps, found ${describeNode(node)}`);
  return node.items.flatMap((item) => readStep(item, tags));
}

function readStep(node: YamlNode, tags: Tags): readonly PipelineStep[] {
  if (node.kind !== "map")
    refuse(node.place, `expected a step, a map of implementation and arguments, found ${describeNode(node)}`);
  const { implementation, factory, annotations } = check(stepFile, toValue(node, tags), node);
  const named = child(node, "implementation") ?? node;
  const argumentsNode = child(node, "arguments");
  const make = findStep(implementation, factory ?? undefined, node);
  const made = make({
    given: argumentsNode === undefined ? {} : toValue(argumentsNode, tags),
    node: argumentsNode ?? node,
    implementation: named,
    inner: (inner) => readStep(inner, tags),
  });
  return annotations ? made.map((step) => ({ ...step, ...namingOf({ annotations }) })) : made;
}

/** Several of nodestream's modules have the same class, so its name decides. */
function findStep(implementation: string, factory: string | undefined, node: YamlNode) {
  const [, module = "", name = ""] = /^([\w.]+):(\w+)$/.exec(implementation) ?? [];
  const { place } = child(node, "implementation") ?? node;
  if (name === "") refuse(place, `expected "module:Class", as in nodestream.pipeline:FileExtractor, found "${implementation}"`);
  const reason = unsupported(name, factory);
  if (reason !== undefined) refuse(reason.isFactory ? (child(node, "factory") ?? node).place : place, reason.problem);
  const found = isNodestream(module) && Object.hasOwn(steps, name) ? steps[name] : undefined;
  if (!found) refuse(place, unknownStep(implementation, module, name));
  if (factory === undefined) return found;
  const made = steps[`${name}.${factory}`];
  if (made) return made;
  const factories = Object.keys(steps).flatMap((one) => (one.startsWith(`${name}.`) ? [one.slice(name.length + 1)] : []));
  const known = factories.length === 0 ? "it has none" : `expected ${factories.join(" or ")}`;
  return refuse((child(node, "factory") ?? node).place, `${name} has no factory "${factory}": ${known}`);
}

function isNodestream(module: string): boolean {
  return /^(nodestream|nodestream_plugin_neo4j)(\.|$)/.test(module);
}

function unknownStep(implementation: string, module: string, name: string): string {
  const classes = Object.keys(steps).filter((one) => !one.includes("."));
  const best = closest(name, classes);
  if (!isNodestream(module)) {
    return `"${implementation}" is Python code of somebody else, which cannot run here; expected a step of nodestream's`;
  }
  return best === undefined
    ? `there is no step "${implementation}"; the steps are: ${classes.join(", ")}`
    : `there is no step "${implementation}". Did you mean "${best}"?`;
}
