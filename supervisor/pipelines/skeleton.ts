const targets = {
  memory: `  # The embedded graph, kept in a file.
  graph:
    connector: memory
    options: { path: people.graph }`,
  neo4j: `  # Needs the package neo4j-driver, and NEO4J_PASSWORD in the environment or in the file .env.
  graph:
    connector: neo4j
    options:
      uri: !env { name: NEO4J_URI, default: "neo4j://localhost:7687" }
      password: !env NEO4J_PASSWORD`,
} as const;

/** The files of a project to begin with, by path. */
export function skeletonFiles(database: keyof typeof targets): Readonly<Record<string, string>> {
  return { "datagraph.yaml": project(database), "data/people.jsonl": PEOPLE, ".gitignore": ".env\n*.graph*\n" };
}

const PEOPLE = `${[
  { id: "ann", name: "Ann", employer: "Acme", friends: ["bo", "cid"] },
  { id: "bo", name: "Bo", employer: "Acme", friends: ["ann"] },
  { id: "cid", name: "Cid", employer: null, friends: [] },
]
  .map((person) => JSON.stringify(person))
  .join("\n")}\n`;

function project(database: keyof typeof targets): string {
  return `# yaml-language-server: $schema=./node_modules/datagraph/flows/pipelines/datagraph.schema.json
targets:
${targets[database]}

pipelines:
  people:
    targets: [graph]
    steps:
      - files: { globs: "data/*.jsonl" }
      - interpret:
          - sourceNode:
              nodeType: Person
              key: { id: "\${id}" }
              properties: { name: "\${name}" }
          - relationship:
              nodeType: Company
              relationshipType: WORKS_AT
              nodeKey: { name: "\${employer}" }
          - relationship:
              nodeType: Person
              relationshipType: KNOWS
              findMany: true
              nodeKey: { id: "\${friends[]}" }
`;
}
