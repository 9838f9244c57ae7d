import { interpret, path, relationship, sourceNode } from "datagraph/interpret";

/** Names are kept as they are written: "MIT" is no "mit". */
const keyNormalization = [] as const;

/**
 * What a package's facts are in the graph:
 * `(Project)-[INSTALLS]->(Version)<-[HAS_VERSION]-(Package)`, `(Version)-[DEPENDS_ON]->(Version)`, `(Version)-[LICENSED_UNDER]->(Licence)`, `(Version)-[MAINTAINED_BY]->(Person)`.
 */
export const interpretFacts = interpret({
  name: "interpret facts",
  input: "facts",
  interpretations: [
    sourceNode({
      nodeType: "Version",
      key: { id: path("id") },
      properties: { version: path("version"), installed: path("installed") },
      keyNormalization,
    }),
    relationship({
      nodeType: "Project",
      relationshipType: "INSTALLS",
      nodeKey: { folder: path("project") },
      outbound: false,
      keyNormalization,
    }),
    relationship({
      nodeType: "Package",
      relationshipType: "HAS_VERSION",
      nodeKey: { name: path("name") },
      outbound: false,
      keyNormalization,
    }),
    relationship({
      nodeType: "Version",
      relationshipType: "DEPENDS_ON",
      nodeKey: { id: path("needs") },
      findMany: true,
      keyNormalization,
    }),
    relationship({
      nodeType: "Licence",
      relationshipType: "LICENSED_UNDER",
      nodeKey: { name: path("licence") },
      keyNormalization,
    }),
    relationship({
      nodeType: "Person",
      relationshipType: "MAINTAINED_BY",
      nodeKey: { name: path("people") },
      findMany: true,
      keyNormalization,
    }),
  ],
});
