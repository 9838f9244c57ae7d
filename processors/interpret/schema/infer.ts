import { Declared } from "../declared.ts";
import { declaredPasses } from "../interpretations/compile.ts";
import type { InterpreterDeclaration } from "../interpretations/declaration.ts";
import { branchesOf } from "../interpretations/sources.ts";
import { isProvider } from "../providers/compile.ts";
import { mergeSchemas } from "./merge.ts";
import { type Adjacency, type GraphSchema, type PropertySchema, propertySchema, TypeBook } from "./model.ts";

/** What every node and relationship that is written gets. */
const STAMP = propertySchema("last_ingested_at", { type: "DATETIME", isIndexed: true });

/**
 * The schema of the graph that interpreters would make, from their declarations alone: what has a name that is no record's matter.
 * All properties are taken for texts, but for time stamps; `overrideSchema` says it better.
 *
 * @throws SchemaConflictError when they disagree on the keys of a type.
 */
export function inferSchema(...declarations: readonly InterpreterDeclaration[]): GraphSchema {
  return mergeSchemas(...declarations.map(schemaOf));
}

function schemaOf(declaration: InterpreterDeclaration): GraphSchema {
  const declared = new Declared(declaration, "interpreter");
  const before = declared.at("beforeIteration").isThere ? declaredPasses(declared.at("beforeIteration")).flat() : [];
  const sight = new Sight();
  const common = before.flatMap(branchesOf);
  for (const pass of declaredPasses(declared.at("interpretations"))) sight.pass([...common, ...pass.flatMap(branchesOf)]);
  return sight.schema;
}

/** What has been seen so far. */
class Sight {
  readonly #nodes = new TypeBook("node");
  readonly #relationships = new TypeBook("relationship");
  readonly #adjacencies: Adjacency[] = [];

  get schema(): GraphSchema {
    return { nodes: this.#nodes.types, relationships: this.#relationships.types, adjacencies: this.#adjacencies };
  }

  /** Relationships first: nodestream's order. */
  pass(interpretations: readonly Declared[]): void {
    const ofType = (type: string) => interpretations.filter((one) => one.at("type").value === type);
    const sources = ofType("sourceNode");
    const types = sources.flatMap((source) => staticName(source.at("nodeType")) ?? []);
    for (const relationship of ofType("relationship")) this.#relationship(relationship, types);
    for (const source of sources) this.#sourceNode(source);
    const more = ofType("properties").flatMap((one) => names(one.at("properties")));
    for (const type of types)
      this.#nodes.see(
        type,
        [],
        more.map((name) => propertySchema(name)),
      );
  }

  #sourceNode(source: Declared): void {
    const indexed = source.at("additionalIndexes").texts("a list of properties' names");
    const indexes = indexed.map((name) => propertySchema(name, { isIndexed: true }));
    this.#node(source, "key", "properties", source.at("allowCreate").flag(true), indexes);
  }

  #node(declared: Declared, key: string, properties: string, creates: boolean, indexes: readonly PropertySchema[] = []): void {
    const type = staticName(declared.at("nodeType"));
    if (type === undefined) return;
    const keys = names(declared.at(key));
    const others = [...(creates ? [] : keys), ...names(declared.at(properties))].map((name) => propertySchema(name));
    this.#nodes.see(type, creates ? keys : [], [...others, ...indexes, STAMP]);
  }

  #relationship(declared: Declared, sources: readonly string[]): void {
    this.#node(declared, "nodeKey", "nodeProperties", (declared.at("nodeCreationRule").value ?? "EAGER") === "EAGER");
    const type = staticName(declared.at("relationshipType"));
    if (type === undefined) return;
    const properties = names(declared.at("relationshipProperties")).map((name) => propertySchema(name));
    this.#relationships.see(type, names(declared.at("relationshipKey")), [...properties, STAMP]);
    const related = staticName(declared.at("nodeType"));
    if (related === undefined) return;
    const several = declared.at("findMany").flag(false) || declared.at("iterateOn").isThere ? "MANY" : "SINGLE";
    const many = declared.at("cardinality").oneOf(["SINGLE", "MANY"], several);
    for (const source of sources) {
      this.#adjacencies.push(
        declared.at("outbound").flag(true)
          ? { from: source, relationship: type, to: related, fromMany: "MANY", toMany: many }
          : { from: related, relationship: type, to: source, fromMany: many, toMany: "MANY" },
      );
    }
  }
}

/** A type's name that is the same for every record. */
function staticName(declared: Declared): string | undefined {
  const { value } = isProvider(declared.value) ? declared.at("value") : declared;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Names that do not come from records. */
function names(declared: Declared): string[] {
  if (!declared.isThere || isProvider(declared.value)) return [];
  return declared.entries("a map of values by name, or a provider of one").map(([name]) => name);
}
