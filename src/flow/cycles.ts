/** Edges of a directed graph: for each node, by index, the nodes it leads to. */
export type Graph = readonly Iterable<number>[];

/** Nodes in an order in which every edge leads forward (Kahn); nodes on or behind cycles are missing from it. */
export function topologicalOrder(graph: Graph): number[] {
  const waiting = graph.map(() => 0);
  for (const targets of graph) for (const target of targets) waiting[target] = (waiting[target] ?? 0) + 1;
  const order = [...graph.keys()].filter((node) => waiting[node] === 0);
  // The list grows while it is walked.
  for (const node of order) {
    for (const target of graph[node] ?? []) {
      const left = (waiting[target] ?? 0) - 1;
      waiting[target] = left;
      if (left === 0) order.push(target);
    }
  }
  return order;
}

/**
 * Cycles that together contain every edge that is on any cycle, each as short as it can be for one of its edges: there
 * may be exponentially many, and who breaks all of these has broken all. Each starts at its smallest node.
 *
 * @param limit stop after so many.
 */
export function findCycles(graph: Graph, limit: number): number[][] {
  const core = cyclicCore(graph);
  const covered = new Set<string>();
  const cycles: number[][] = [];
  for (const [from, targets] of core) {
    for (const to of targets) {
      if (cycles.length === limit) return cycles;
      if (covered.has(`${from},${to}`)) continue;
      const cycle = shortestPath(core, to, from);
      if (!cycle) continue;
      cycle.forEach((node, index) => {
        covered.add(`${node},${cycle[(index + 1) % cycle.length]}`);
      });
      cycles.push(startingAtSmallest(cycle));
    }
  }
  return cycles;
}

/** The graph without what is only before or only behind cycles. */
function cyclicCore(graph: Graph): ReadonlyMap<number, readonly number[]> {
  const withoutStart = without(new Map(graph.map((targets, node) => [node, [...targets]])), topologicalOrder(graph));
  const reversed = graph.map((): number[] => []);
  for (const [node, targets] of withoutStart) for (const target of targets) reversed[target]?.push(node);
  return without(withoutStart, topologicalOrder(reversed));
}

function without(graph: ReadonlyMap<number, readonly number[]>, nodes: readonly number[]): Map<number, readonly number[]> {
  const gone = new Set(nodes);
  const kept = [...graph].filter(([node]) => !gone.has(node));
  return new Map(kept.map(([node, targets]) => [node, targets.filter((target) => !gone.has(target))]));
}

/** Nodes of a shortest path, both ends included (breadth first). */
function shortestPath(graph: ReadonlyMap<number, readonly number[]>, from: number, to: number): number[] | undefined {
  const cameFrom = new Map<number, number | undefined>([[from, undefined]]);
  for (const node of cameFrom.keys()) {
    if (node === to) return pathTo(to, cameFrom);
    for (const target of graph.get(node) ?? []) if (!cameFrom.has(target)) cameFrom.set(target, node);
  }
  return undefined;
}

function pathTo(end: number, cameFrom: ReadonlyMap<number, number | undefined>): number[] {
  const path: number[] = [];
  for (let node: number | undefined = end; node !== undefined; node = cameFrom.get(node)) path.push(node);
  return path.reverse();
}

function startingAtSmallest(cycle: readonly number[]): number[] {
  const start = cycle.reduce((best, node, index) => (node < (cycle[best] ?? node) ? index : best), 0);
  return [...cycle.slice(start), ...cycle.slice(0, start)];
}
