import { DeclarationError } from "datagraph";
import { toGraphql } from "./graphql.ts";
import type { Adjacency, GraphSchema, PropertySchema, TypeSchema } from "./model.ts";

const formats = {
  plain: toPlain,
  graphql: toGraphql,
  cypheresque: toCypheresque,
  mermaid: toMermaid,
  json: (schema: GraphSchema) => JSON.stringify(schema, undefined, 2),
} as const;

/** How a schema can be written. */
export type SchemaFormat = keyof typeof formats;
export const schemaFormats = Object.keys(formats) as readonly SchemaFormat[];

/**
 * A schema as text for people or programs. Names are escaped as the format needs it.
 *
 * @throws DeclarationError for a format that is not there.
 */
export function renderSchema(schema: GraphSchema, format: SchemaFormat = "plain"): string {
  if (Object.hasOwn(formats, format)) return formats[format](schema);
  throw new DeclarationError(`A schema can be written as ${schemaFormats.join(", ")}; found "${format}".`);
}

/** On one line, whatever it holds. */
function onOneLine(name: string): string {
  return /^[\p{L}\p{N}_ .:-]+$/u.test(name) ? name : JSON.stringify(name);
}

function toPlain({ nodes, relationships, adjacencies }: GraphSchema): string {
  const property = ({ name, type, isKey, isIndexed }: PropertySchema) =>
    `  ${onOneLine(name)}: ${type}${isKey ? ", key" : ""}${isIndexed ? ", indexed" : ""}`;
  const block = (kind: string) => (type: TypeSchema) =>
    [`${kind} ${onOneLine(type.name)}`, ...type.properties.map(property)].join("\n");
  const joins = adjacencies.map(({ from, relationship, to, toMany, fromMany }) => {
    const count = (many: Adjacency["toMany"]) => (many === "MANY" ? "many" : "one");
    return `${count(fromMany)} ${onOneLine(from)} ${onOneLine(relationship)} ${count(toMany)} ${onOneLine(to)}`;
  });
  return [
    ...nodes.map(block("Node")),
    ...relationships.map(block("Relationship")),
    ...(joins.length > 0 ? [joins.join("\n")] : []),
  ].join("\n\n");
}

function toCypheresque({ nodes, relationships, adjacencies }: GraphSchema): string {
  const quoted = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : `\`${oneLine(name).replaceAll("`", "``")}\``);
  const property = ({ name, type, isKey }: PropertySchema) => `${quoted(name)}: ${type}${isKey ? " KEY" : ""}`;
  const body = ({ name, properties }: TypeSchema) =>
    `:${quoted(name)}${properties.length > 0 ? ` {${properties.map(property).join(", ")}}` : ""}`;
  const types = new Map(relationships.map((type) => [type.name, body(type)]));
  return [
    ...nodes.map((type) => `(${body(type)})`),
    ...adjacencies.map(
      ({ from, relationship, to }) =>
        `(:${quoted(from)})-[${types.get(relationship) ?? `:${quoted(relationship)}`}]->(:${quoted(to)})`,
    ),
  ].join("\n");
}

function toMermaid({ nodes, adjacencies }: GraphSchema): string {
  const names = [...new Set([...nodes.map(({ name }) => name), ...adjacencies.flatMap(({ from, to }) => [from, to])])];
  const ids = new Map(names.map((name, i) => [name, `n${i}`]));
  const types = new Map(nodes.map((type) => [type.name, type]));
  const entity = (name: string) => {
    const attributes = (types.get(name)?.properties ?? []).map((property) => {
      const written = attributeName(property.name);
      const comment = written === property.name ? "" : ` ${mermaidText(property.name)}`;
      return `    ${property.type} ${written}${property.isKey ? " PK" : ""}${comment}`;
    });
    return [`  ${ids.get(name)}[${mermaidText(name)}] {`, ...attributes, "  }"].join("\n");
  };
  const join = ({ from, relationship, to, fromMany, toMany }: Adjacency) => {
    const line = `${fromMany === "MANY" ? "}o" : "|o"}--${toMany === "MANY" ? "o{" : "o|"}`;
    return `  ${ids.get(from)} ${line} ${ids.get(to)} : ${mermaidText(relationship)}`;
  };
  return ["erDiagram", ...names.map(entity), ...adjacencies.map(join)].join("\n");
}

/** Mermaid takes names of few characters here; where it has others, a comment has the name as it is. */
function attributeName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=[^A-Za-z])/, "p");
}

/** A text in quotes. Mermaid reads `#quot;` and `#35;` as characters. */
function mermaidText(text: string): string {
  const escaped = oneLine(text).replaceAll("#", "#35;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;");
  return `"${escaped}"`;
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]/g, " ");
}
