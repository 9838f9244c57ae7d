import type { ConnectorChoice } from "datagraph/graph";
import { type MemoryGraph, type MemoryNode, match, memoryConnector } from "datagraph/graph/memory";
import { type CypherRow, cypherQuery } from "datagraph/neo4j";

/** How many packages need this one: themselves, and with those that need it through others. */
export interface Need {
  readonly id: string;
  readonly direct: number;
  readonly total: number;
}

/** Where the graph is, and what it is asked. */
export interface DependencyGraph {
  /** As in `memory`, for people. */
  readonly place: string;
  readonly target: ConnectorChoice;
  /** What is needed at all, the most needed first. */
  mostNeeded(): Promise<readonly Need[]>;
  /** What does not work without a package: what needs it, directly or through others; sorted. `undefined` when there is no such package. */
  without(id: string): Promise<readonly string[] | undefined>;
}

/** A graph in this process. */
export function embedded(graph: MemoryGraph): DependencyGraph {
  const version = (id: string) => match(graph, { type: "Version", where: { id } });
  return {
    place: "memory",
    target: { connector: memoryConnector(graph) },
    async mostNeeded() {
      const needs = match(graph, { type: "Version" })
        .toArray()
        .map((node) => {
          const found = version(idOf(node));
          const direct = found.in("DEPENDS_ON").count();
          return { id: idOf(node), direct, total: direct && found.reachable("in", "DEPENDS_ON").count() };
        });
      return ranked(needs);
    },
    async without(id) {
      const found = version(id);
      return found.first() && sorted([...found.reachable("in", "DEPENDS_ON")].map(idOf));
    },
  };
}

export interface Neo4jAddress {
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
}

/** A graph in Neo4j, where others may be as well: asked for is what this run has written of this project. */
export function inNeo4j(address: Neo4jAddress, project: string, since: Date): DependencyGraph {
  const ask = async (query: string, parameters = {}): Promise<CypherRow[]> => {
    const rows: CypherRow[] = [];
    for await (const row of cypherQuery({ ...address, query, parameters: { project, since, ...parameters } })) rows.push(row);
    return rows;
  };
  const installed = "MATCH (:Project {folder: $project})-[i:INSTALLS]->(v:Version) WHERE i.last_ingested_at >= $since";
  // Each pair once, whatever ways lead from the one to the other.
  const dependents = `MATCH (v)<-[way:DEPENDS_ON*]-(other:Version)
    WHERE all(each IN way WHERE each.last_ingested_at >= $since) WITH DISTINCT v, other`;
  return {
    place: `Neo4j at ${new URL(address.uri).host}`,
    target: { connector: "neo4j", options: address },
    async mostNeeded() {
      const rows = await ask(`${installed} WITH v ${dependents}
        RETURN v.id AS id, count(other) AS total, size([(v)<-[d:DEPENDS_ON]-() WHERE d.last_ingested_at >= $since | 1]) AS direct`);
      return ranked(rows.map(({ id, direct, total }) => ({ id: String(id), direct: Number(direct), total: Number(total) })));
    },
    async without(id) {
      const [found] = await ask(`${installed} AND v.id = $id RETURN v.id AS id`, { id });
      if (!found) return undefined;
      const rows = await ask(`${installed} AND v.id = $id WITH v ${dependents} RETURN other.id AS id`, { id });
      return sorted(rows.map(({ id }) => String(id)));
    },
  };
}

function idOf({ properties }: MemoryNode): string {
  return String(properties.id);
}

function ranked(needs: readonly Need[]): readonly Need[] {
  return needs
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total || b.direct - a.direct || a.id.localeCompare(b.id, "en"));
}

function sorted(ids: readonly string[]): readonly string[] {
  return ids.toSorted((a, b) => a.localeCompare(b, "en"));
}
