// A pipeline as a service would write it: a file's records, interpreted and written to a graph database.
import { Flow } from "datagraph";
import { graphWriter } from "datagraph/graph";
import { interpret, path, relationship, sourceNode } from "datagraph/interpret";
import { files } from "datagraph/sources";

/**
 * @param {object} options
 * @param {string} options.file of lines of JSON
 * @param {string} options.suffix makes the types its own
 * @param {import("datagraph/graph").ConnectorChoice} options.to
 */
export function ingest({ file, suffix, to }) {
  const [person, team] = [`Person${suffix}`, `Team${suffix}`];
  const records = files({ name: `files${suffix}`, paths: [file] });
  const ingestions = interpret({
    name: `interpret${suffix}`,
    deadLetter: "continue",
    interpretations: [
      sourceNode({
        nodeType: person,
        key: { id: path("id") },
        properties: { name: path("name"), seen: path("seen"), odd: path("odd") },
        additionalTypes: [`Member${suffix}`],
      }),
      relationship({ nodeType: person, relationshipType: `KNOWS${suffix}`, nodeKey: { id: path("friends") }, findMany: true }),
      relationship({
        nodeType: team,
        relationshipType: `PLAYS_FOR${suffix}`,
        nodeKey: { name: path("team") },
        relationshipKey: { season: path("season") },
        relationshipProperties: { goals: path("goals") },
      }),
    ],
  });
  const writer = graphWriter({
    ...to,
    name: `write${suffix}`,
    pipeline: "league",
    batchSize: 100,
    deadLetter: "continue",
    now: () => new Date("2026-01-02T03:04:05.678Z"),
  });
  return Flow.fromProcessors(records, ingestions, writer).resolve();
}
