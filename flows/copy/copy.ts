import { checkpoint, depends, Flow, many, Processor, type ResolvedFlow, stream } from "datagraph";
import { connectionOf } from "datagraph/graph";
import { runHere } from "../run-here.ts";
import { type CopyOptions, type CopySettings, copySettings } from "./options.ts";
import { type NodeShard, planCopy, type RelationshipShard } from "./plan.ts";
import { type CopiedShard, ShardCopier } from "./shards.ts";
import { type CopiedType, sumByType, verify } from "./verify.ts";

const nodeShards = stream<NodeShard>();
const relationshipShards = stream<RelationshipShard>();
const copied = stream<CopiedShard>();
const types = stream<CopiedType>();

/**
 * A flow that copies a property graph from one database to another: keys, labels, properties and stamps, relationships with their keys. Data goes straight
 * from the one to the other, in batches; streams carry only which part is to be copied, and what became of it. Copying again changes nothing.
 *
 * Its output `NAME.copied` has one value per type, once all of it was seen to be there.
 *
 * @throws DeclarationError when an option is out of range. A run fails with a CopyPlanError for types that cannot be copied, an IncompleteCopyError when
 * something did not arrive, and with what the databases say.
 */
export function copyFlow(options: CopyOptions): ResolvedFlow {
  const settings = copySettings(options);
  const { nodes, relationships } = copiers(settings);
  return Flow.fromProcessors(planner(settings), nodes, relationships, verifier(settings)).resolve();
}

/** What a copy has done. */
export interface CopySummary {
  readonly types: readonly CopiedType[];
  readonly ms: number;
}

/**
 * Copies a property graph in this process: {@link copyFlow}, run to its end.
 *
 * @example
 * const { types } = await copy({
 *   from: { connector: "neo4j", options: { uri: "neo4j://localhost:7687", password } },
 *   to: { connector: "memory", options: { path: "people.graph" } },
 * });
 */
export async function copy({ signal, ...options }: CopyOptions & { readonly signal?: AbortSignal }): Promise<CopySummary> {
  const start = performance.now();
  const types = await runHere(copyFlow(options), `${options.name ?? "copy"}.copied`, signal);
  return { types: types as readonly CopiedType[], ms: performance.now() - start };
}

function planner(settings: CopySettings) {
  const { name, from } = settings;
  const [nodes, relationships] = [`${name}.nodeShards`, `${name}.relationshipShards`];
  const processor = new Processor({
    name: `${name}.plan`,
    outputs: { [nodes]: nodeShards, [relationships]: relationshipShards },
    state: stream<"planned">(),
  });
  processor.implement({ connection: connectionOf(from) }, async function* ({ connection }, task) {
    // What is counted anew may be more: another attempt goes on with the plan that there is.
    if (task.state === "planned") return;
    const plan = await planCopy(connection, settings, task.signal);
    yield { [nodes]: many(plan.nodes), [relationships]: many(plan.relationships) };
    yield checkpoint("planned" as const);
  });
  return processor;
}

function copiers(settings: CopySettings) {
  const { name, from, to, concurrency, preloadNodes } = settings;
  const [toNodes, toRelationships] = [`${name}.nodeShards`, `${name}.relationshipShards`];
  const [nodesDone, relationshipsDone] = [`${name}.nodes`, `${name}.relationships`];
  const copier = depends(
    { from: connectionOf(from), to: connectionOf(to) },
    ({ from, to }) => new ShardCopier(from, to, settings),
  );
  const nodes = new Processor({
    name: `${name}.copyNodes`,
    inputs: { [toNodes]: nodeShards },
    outputs: { [nodesDone]: copied },
  });
  nodes.implementEach({ input: toNodes, concurrency }, { copier }, async (shard, { copier }, task) => ({
    [nodesDone]: await copier.copyNodes(shard, task),
  }));
  const relationships = new Processor({
    name: `${name}.copyRelationships`,
    // To have all nodes before the first relationship is to wait for what is told of them.
    inputs: { [toRelationships]: relationshipShards, ...(preloadNodes && { [nodesDone]: copied }) },
    outputs: { [relationshipsDone]: copied },
    wait: preloadNodes,
  });
  relationships.implementEach({ input: toRelationships, concurrency }, { copier }, async (shard, { copier }, task) => ({
    [relationshipsDone]: await copier.copyRelationships(shard as RelationshipShard, task),
  }));
  return { nodes, relationships };
}

function verifier({ name, to }: CopySettings) {
  const [nodes, relationships, done] = [`${name}.nodes`, `${name}.relationships`, `${name}.copied`];
  const processor = new Processor({
    name: `${name}.verify`,
    inputs: { [nodes]: copied, [relationships]: copied },
    outputs: { [done]: types },
    wait: true,
  });
  processor.implement({ connection: connectionOf(to) }, async function* ({ connection, ...inputs }, task) {
    const shards = await Promise.all([inputs[nodes], inputs[relationships]].map((input) => input?.toArray() ?? []));
    const found = sumByType(shards.flat());
    await verify(found, connection, task.signal);
    yield { [done]: many(found) };
  });
  return processor;
}
