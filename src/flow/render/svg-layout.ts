import type { Graphviz } from "@hpcc-js/wasm-graphviz";
import { MissingPackageError } from "../../errors.ts";

/** A rectangle that needs a place. */
export interface LayoutNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Id of the group whose frame surrounds it. */
  readonly group?: string;
}

export interface LayoutEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

export interface LayoutGroup {
  readonly id: string;
  /** The room that its caption needs. */
  readonly captionWidth: number;
  readonly captionHeight: number;
}

/** A placed rectangle: its upper left corner and size, in pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Point = readonly [x: number, y: number];

/** Where everything goes. A curve is a start point followed by triples of Bézier points. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, Rect>;
  readonly groups: ReadonlyMap<string, Rect>;
  readonly curves: ReadonlyMap<string, readonly Point[]>;
}

/** What Graphviz's JSON output says of a node, a cluster or an edge; only what is read here. */
interface Placed {
  readonly name?: string;
  readonly id?: string;
  readonly bb?: string;
  readonly pos?: string;
  readonly width?: string;
  readonly height?: string;
}

/**
 * Places nodes left to right with Graphviz, which sees ids and sizes only: no name ever reaches it.
 *
 * @throws MissingPackageError when the WebAssembly build of Graphviz is not installed
 */
export async function layout(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  groups: readonly LayoutGroup[],
): Promise<Layout> {
  const graphviz = await load();
  const output = JSON.parse(graphviz.layout(source(nodes, edges, groups), "json", "dot")) as Placed & {
    objects?: Placed[];
    edges?: Placed[];
  };
  const [, , width = 0, height = 0] = numbers(output.bb);
  const placedNodes = new Map<string, Rect>();
  const placedGroups = new Map<string, Rect>();
  for (const object of output.objects ?? []) {
    const name = object.name ?? "";
    if (object.bb !== undefined) {
      const [left = 0, bottom = 0, right = 0, top = 0] = numbers(object.bb);
      // Graphviz's y axis points up, SVG's down.
      placedGroups.set(name.replace("cluster_", ""), { x: left, y: height - top, width: right - left, height: top - bottom });
    } else {
      const [x = 0, y = 0] = numbers(object.pos);
      const size = { width: Number(object.width) * 72, height: Number(object.height) * 72 };
      placedNodes.set(name, { x: x - size.width / 2, y: height - y - size.height / 2, ...size });
    }
  }
  const curves = new Map((output.edges ?? []).map((edge) => [edge.id ?? "", curve(edge.pos ?? "", height)]));
  return { width, height, nodes: placedNodes, groups: placedGroups, curves };
}

/** The package is loaded when the first SVG is asked for, never with the library. */
async function load(): Promise<Graphviz> {
  let module: typeof import("@hpcc-js/wasm-graphviz");
  try {
    module = await import("@hpcc-js/wasm-graphviz");
  } catch (cause) {
    throw new MissingPackageError("@hpcc-js/wasm-graphviz", "Drawing a flow as SVG", { cause });
  }
  return module.Graphviz.load();
}

function source(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[], groups: readonly LayoutGroup[]): string {
  const inches = (pixels: number) => (pixels / 72).toFixed(4);
  const node = (n: LayoutNode) => `${n.id} [width=${inches(n.width)}, height=${inches(n.height)}];`;
  const cluster = (g: LayoutGroup) => {
    const members = nodes.filter((n) => n.group === g.id).map(node);
    const room = `<TABLE FIXEDSIZE="TRUE" BORDER="0" WIDTH="${g.captionWidth}" HEIGHT="${g.captionHeight}"><TR><TD></TD></TR></TABLE>`;
    return `subgraph cluster_${g.id} { label=<${room}>; labeljust=l; margin=14; ${members.join(" ")} }`;
  };
  return [
    "digraph {",
    "rankdir=LR; ranksep=0.42; nodesep=0.22; pad=0;",
    'node [shape=box, fixedsize=true, label=""]; edge [arrowhead=none, tailport=e, headport=w];',
    ...groups.map(cluster),
    ...nodes.filter((n) => n.group === undefined).map(node),
    ...edges.map((e) => `${e.from} -> ${e.to} [id=${e.id}];`),
    "}",
  ].join("\n");
}

function curve(pos: string, height: number): Point[] {
  return pos.split(" ").map((pair): Point => {
    const [x = 0, y = 0] = numbers(pair);
    return [x, height - y];
  });
}

function numbers(list: string | undefined): number[] {
  return (list ?? "").split(",").map(Number);
}
