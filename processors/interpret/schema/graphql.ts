import type { Adjacency, GraphSchema, PropertySchema, TypeSchema } from "./model.ts";

const scalars: Readonly<Record<string, string>> = {
  STRING: "String",
  BOOLEAN: "Boolean",
  DATETIME: "DateTime",
  INTEGER: "BigInt",
  FLOAT: "Float",
};

/** Types that GraphQL, or its library for Neo4j, has already. */
const reserved = new Set(["String", "Int", "Float", "Boolean", "ID", "BigInt", "DateTime", "Query", "Mutation", "Subscription"]);

/** Type definitions with the directives of Neo4j's GraphQL library (https://neo4j.com/docs/graphql/current/directives/). */
export function toGraphql({ nodes, relationships, adjacencies }: GraphSchema): string {
  const names = new Names();
  // Names of types first, so that they do not depend on what is written when.
  for (const { name } of nodes) names.ofNode(name);
  for (const { name } of relationships) names.ofRelationship(name);
  const withProperties = new Set(relationships.filter(({ properties }) => properties.length > 0).map(({ name }) => name));
  const node = (type: TypeSchema) => {
    const own = adjacencies.flatMap((one) => relationFields(one, type.name, names, withProperties.has(one.relationship)));
    return `${described(type.name, names.ofNode(type.name))}type ${names.ofNode(type.name)} @node${label(type.name, names)} {\n${[...fields(type), ...own].join("\n")}\n}`;
  };
  const relationship = (type: TypeSchema) =>
    `type ${names.ofRelationship(type.name)} @relationshipProperties {\n${fields(type).join("\n")}\n}`;
  return [...nodes.map(node), ...relationships.filter(({ name }) => withProperties.has(name)).map(relationship)].join("\n\n");
}

function fields({ properties }: TypeSchema): string[] {
  const names = new Distinct();
  return properties.map((property) => {
    const name = names.of(property.name, graphqlName(property.name));
    const alias = name === property.name ? "" : ` @alias(property: ${JSON.stringify(property.name)})`;
    return `  ${name}: ${graphqlType(property)}${property.isKey ? "!" : ""}${alias}`;
  });
}

function graphqlType({ type }: PropertySchema): string {
  const list = /^LIST_OF_(.*)S$/.exec(type);
  return list ? `[${scalars[list[1] ?? ""]}!]` : (scalars[type] ?? "String");
}

/** A relationship as seen from its start, and from its end. */
function relationFields(
  { from, relationship, to, fromMany, toMany }: Adjacency,
  type: string,
  names: Names,
  hasProperties: boolean,
) {
  const properties = hasProperties ? `, properties: "${names.ofRelationship(relationship)}"` : "";
  const field = (name: string, other: string, many: Adjacency["toMany"], direction: string) =>
    `  ${name}: ${many === "MANY" ? `[${names.ofNode(other)}!]!` : names.ofNode(other)} @relationship(type: ${JSON.stringify(relationship)}, direction: ${direction}${properties})`;
  const name = graphqlName(relationship);
  return [
    ...(from === type ? [field(`${name}_to_${names.ofNode(to)}`, to, toMany, "OUT")] : []),
    ...(to === type ? [field(`${name}_from_${names.ofNode(from)}`, from, fromMany, "IN")] : []),
  ];
}

function label(name: string, names: Names): string {
  return names.ofNode(name) === name ? "" : `(labels: [${JSON.stringify(name)}])`;
}

function described(name: string, written: string): string {
  return name === written ? "" : `${JSON.stringify(name)}\n`;
}

/** Letters, digits and underscores; anything else by its number. */
function graphqlName(name: string): string {
  const written = name.replaceAll(/[^A-Za-z0-9_]/gu, (char) => `_x${char.codePointAt(0)?.toString(16)}_`);
  // Names with two underscores in front are GraphQL's own.
  return /^(?:\d|__|$)/.test(written) ? `x${written}` : written;
}

/** Names that are written differently where they are different. */
class Distinct {
  readonly #written = new Map<string, string>();

  of(name: string, wish: string): string {
    const known = this.#written.get(name);
    if (known !== undefined) return known;
    const taken = new Set(this.#written.values());
    let written = wish;
    for (let i = 2; taken.has(written); i++) written = `${wish}_${i}`;
    this.#written.set(name, written);
    return written;
  }
}

/** Nodes and relationships share GraphQL's names of types. */
class Names {
  readonly #distinct = new Distinct();

  ofNode(name: string): string {
    return this.#distinct.of(`node ${name}`, reserved.has(name) ? `${name}_` : graphqlName(name));
  }

  ofRelationship(name: string): string {
    return this.#distinct.of(`relationship ${name}`, `${graphqlName(name)}_Properties`);
  }
}
