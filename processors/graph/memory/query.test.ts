import { MemoryGraph, type MemoryNode, match } from "datagraph/graph/memory";
import { describe, expect, it } from "vitest";

/** app → web → core ⇄ util, app → util; core is deprecated. */
function packages(): MemoryGraph {
  const graph = new MemoryGraph();
  const [app, web, core, util] = ["app", "web", "core", "util"].map((name, size) =>
    graph.addNode(["Package"], { name, size }, ["name"]),
  ) as [MemoryNode, MemoryNode, MemoryNode, MemoryNode];
  graph.updateNode(core, {}, ["Deprecated"]);
  for (const [from, to] of [
    [app, web],
    [web, core],
    [core, util],
    [util, core],
    [app, util],
  ] as const) {
    graph.addRelationship(from, "DEPENDS_ON", to, {});
  }
  graph.addRelationship(app, "MENTIONS", core, {});
  return graph;
}

const names = (nodes: Iterable<MemoryNode>) => [...nodes].map(({ properties }) => properties.name).sort();

describe("match", () => {
  const graph = packages();

  it("finds nodes by type and values", () => {
    expect(names(match(graph))).toEqual(["app", "core", "util", "web"]);
    expect(names(match(graph, { type: "Deprecated" }))).toEqual(["core"]);
    expect(names(match(graph, { type: "Package", where: { name: "web" } }))).toEqual(["web"]);
    expect(names(match(graph, { type: "Package", where: { name: "web", size: 7 } }))).toEqual([]);
    expect(names(match(graph, { where: { size: { float: 2 } } }))).toEqual(["core"]);
    expect(names(match(graph, { where: { size: "2" } }))).toEqual([]);
    expect(names(match(graph, { where: ({ properties }) => Number(properties.size) > 1 }))).toEqual(["core", "util"]);
    expect(names(match(graph, { where: { missing: null, name: "app" } }))).toEqual(["app"]);
    expect(match(graph, { type: "constructor" }).first()).toBeUndefined();
  });

  it("walks along relationships, each node once", () => {
    const app = match(graph, { type: "Package", where: { name: "app" } });
    expect(names(app.out())).toEqual(["core", "util", "web"]);
    expect(names(app.out("DEPENDS_ON"))).toEqual(["util", "web"]);
    expect(names(app.out("DEPENDS_ON").out("DEPENDS_ON"))).toEqual(["core"]);
    expect(names(match(graph, { type: "Deprecated" }).in("DEPENDS_ON"))).toEqual(["util", "web"]);
    expect(names(match(graph, { type: "Deprecated" }).both("DEPENDS_ON"))).toEqual(["util", "web"]);
    expect(names(app.out().ofType("Deprecated"))).toEqual(["core"]);
    expect(app.relationships("out").next().value?.type).toBe("DEPENDS_ON");
    expect([...app.relationships("out")]).toHaveLength(3);
  });

  it("finds all that can be reached, also around a ring", () => {
    const core = match(graph, { where: { name: "core" } });
    expect(names(core.reachable("in", "DEPENDS_ON"))).toEqual(["app", "core", "util", "web"]);
    expect(names(core.reachable())).toEqual(["core", "util"]);
    expect(
      match(graph, { where: { name: "app" } })
        .reachable("in")
        .count(),
    ).toBe(0);
  });

  it("looks anew each time", () => {
    const grows = packages();
    const all = match(grows, { type: "Package" });
    expect(all.count()).toBe(4);
    const [first] = all;
    if (first) expect(grows.removeNode(first)).toBe(3);
    expect(names(all)).toEqual(["core", "util", "web"]);
    expect(grows.size).toBe(3);
  });
});
