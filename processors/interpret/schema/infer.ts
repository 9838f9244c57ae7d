import { Declared } from "../declared.ts";
import { declaredPasses } from "../interpretations/compile.ts";
import type { InterpreterDeclaration } from "../interpretations/declaration.ts";
import { branchesOf } from "../interpretations/sources.ts";
import { isProvider, isProviderOfMap } from "../providers/compile.ts";
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
  return inferSchemaOf(declarations);
}

export interface InferenceOptions {
  /** Whether additional types are types of their own: with the keys, properties and relationships of the types that they come with. Default false. */
  readonly additionalTypes?: boolean;
}

/**
 * As {@link inferSchema}, with options.
 *
 * @throws SchemaConflictError when declarations disagree on the keys of a type.
 */
export function inferSchemaOf(
  declarations: readonly InterpreterDeclaration[],
  { additionalTypes = false }: InferenceOptions = {},
): GraphSchema {
  return mergeSchemas(...declarations.map((declaration) => schemaOf(declaration, additionalTypes)));
}

function schemaOf(declaration: InterpreterDeclaration, additionalTypes: boolean): GraphSchema {
  const declared = new Declared(declaration, "interpreter");
  const before = declared.at("beforeIteration").isThere ? declaredPasses(declared.at("beforeIteration")).flat() : [];
  const sight = new Sight(additionalTypes);
  const common = before.flatMap(branchesOf);
  for (const pass of declaredPasses(declared.at("interpretations"))) sight.pass([...common, ...pass.flatMap(branchesOf)]);
  return sight.schema;
}

/** What has been seen so far. */
class Sight {
  readonly #nodes = new TypeBook("node");
  readonly #relationships = new TypeBook("relationship");
  readonly #adjacencies: Adjacency[] = [];
  readonly #seesAdditional: boolean;

  constructor(seesAdditional: boolean) {
    this.#seesAdditional = seesAdditional;
  }

  get schema(): GraphSchema {
    return { nodes: this.#nodes.types, relationships: this.#relationships.types, adjacencies: this.#adjacencies };
  }

  /** Relationships first: nodestream's order. */
  pass(interpretations: readonly Declared[]): void {
    const ofType = (type: string) => interpretations.filter((one) => one.at("type").value === type);
    const sources = ofType("sourceNode");
    const types = sources.flatMap((source) => this.#typesOf(source, "additionalTypes"));
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
    const creates = source.at("allowCreate").flag(true);
    const parts = { key: source.at("key"), properties: source.at("properties"), creates, indexes };
    this.#node(this.#typesOf(source, "additionalTypes"), parts);
  }

  #node(types: readonly string[], { key, properties, creates, indexes = [] }: NodeParts): void {
    const keys = names(key);
    const others = [...(creates ? [] : keys), ...names(properties)].map((name) => propertySchema(name));
    for (const type of types) this.#nodes.see(type, creates ? keys : [], [...others, ...indexes, STAMP]);
  }

  /** The type of a declared node, and its additional ones where they count; none where records name it. */
  #typesOf(declared: Declared, additional: string): readonly string[] {
    const type = staticName(declared.at("nodeType"));
    if (type === undefined) return [];
    const more = this.#seesAdditional ? declared.at(additional).texts("a list of types' names") : [];
    return [...new Set([type, ...more])];
  }

  #relationship(declared: Declared, sources: readonly string[]): void {
    const related = this.#typesOf(declared, "nodeAdditionalTypes");
    const creates = (declared.at("nodeCreationRule").value ?? "EAGER") === "EAGER";
    this.#node(related, { key: declared.at("nodeKey"), properties: declared.at("nodeProperties"), creates });
    const type = staticName(declared.at("relationshipType"));
    if (type === undefined) return;
    const properties = names(declared.at("relationshipProperties")).map((name) => propertySchema(name));
    this.#relationships.see(type, names(declared.at("relationshipKey")), [...properties, STAMP]);
    const several = declared.at("findMany").flag(false) || declared.at("iterateOn").isThere ? "MANY" : "SINGLE";
    const many = declared.at("cardinality").oneOf(["SINGLE", "MANY"], several);
    const isOutbound = declared.at("outbound").flag(true);
    for (const [source, other] of sources.flatMap((one) => related.map((each) => [one, each] as const))) {
      this.#adjacencies.push(
        isOutbound
          ? { from: source, relationship: type, to: other, fromMany: "MANY", toMany: many }
          : { from: other, relationship: type, to: source, fromMany: many, toMany: "MANY" },
      );
    }
  }
}

/** What a declaration says of a node. */
interface NodeParts {
  readonly key: Declared;
  readonly properties: Declared;
  /** Whether it creates the node, so that it knows its key. */
  readonly creates: boolean;
  readonly indexes?: readonly PropertySchema[];
}

/** A type's name that is the same for every record. */
function staticName(declared: Declared): string | undefined {
  const { value } = isProvider(declared.value) ? declared.at("value") : declared;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Names that do not come from records. */
function names(declared: Declared): string[] {
  if (!declared.isThere || isProviderOfMap(declared.value)) return [];
  return declared.entries("a map of values by name, or a provider of one").map(([name]) => name);
}
