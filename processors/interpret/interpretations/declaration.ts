import type { NodeCreationRule, RelationshipCreationRule } from "../../graph/index.ts";
import type { Condition } from "../condition.ts";
import type { Normalization } from "../normalise.ts";
import type { From, Mapping, Provider } from "../providers/provider.ts";

/** Properties by name, each from a provider; or one provider that gives a map of them. */
export type PropertiesFrom = Readonly<Record<string, From>> | Provider;

/** Takes part only where its condition holds. */
interface Conditional {
  readonly condition?: Condition;
}

export interface SourceNode extends Conditional {
  readonly nodeType: From;
  /** A part that is null means that nothing is ingested. Texts are lowered, unless {@link keyNormalization} says otherwise. */
  readonly key: PropertiesFrom;
  readonly properties?: PropertiesFrom;
  /** Properties that the schema has an index for. */
  readonly additionalIndexes?: readonly string[];
  readonly additionalTypes?: readonly string[];
  /** Of key and properties, where those have none of their own. */
  readonly normalization?: readonly Normalization[];
  /** Default `["lowercase"]`. */
  readonly keyNormalization?: readonly Normalization[];
  /** Default none. */
  readonly propertiesNormalization?: readonly Normalization[];
  /** Whether a node is made where there is none. Default true. */
  readonly allowCreate?: boolean;
  /** Whether `last_ingested_at` is stamped. Default true. */
  readonly updateLastIngested?: boolean;
}

export interface Relationship extends Conditional {
  readonly nodeType: From;
  readonly relationshipType: From;
  /** A part that is null means that there is no such node, and no relationship. */
  readonly nodeKey: PropertiesFrom;
  readonly nodeProperties?: PropertiesFrom;
  readonly relationshipKey?: PropertiesFrom;
  readonly relationshipProperties?: PropertiesFrom;
  /** From the source node to the related one. Default true. */
  readonly outbound?: boolean;
  /** One related node for each of the values of the key's parts, which are taken in pairs by position. Default false: the first ones. */
  readonly findMany?: boolean;
  /** The whole of this for each of these values, as the document. */
  readonly iterateOn?: From;
  /** How many related nodes a source node has; for the schema alone. Default `MANY` with `findMany` or `iterateOn`, else `SINGLE`. */
  readonly cardinality?: Cardinality;
  readonly nodeCreationRule?: NodeCreationRule;
  /** `MERGE_KEY` is another name of `EAGER`. */
  readonly relationshipCreationRule?: RelationshipCreationRule | "MERGE_KEY";
  /** Of the related node's key. Default `["lowercase"]`; none for `FUZZY`, whose keys are patterns. */
  readonly keyNormalization?: readonly Normalization[];
  /** Of all properties, and of the relationship's key. Default none. */
  readonly propertiesNormalization?: readonly Normalization[];
  readonly nodeAdditionalTypes?: readonly string[];
  readonly nodeUpdateLastIngested?: boolean;
  readonly relationshipUpdateLastIngested?: boolean;
}

export type Cardinality = "SINGLE" | "MANY";

export interface NodeProperties extends Conditional {
  readonly properties: PropertiesFrom;
  readonly normalization?: readonly Normalization[];
}

export interface Variables extends Conditional {
  readonly variables: PropertiesFrom;
  readonly normalization?: readonly Normalization[];
}

export interface Switch extends Conditional {
  readonly switchOn: From;
  /** By value and type: `1` is not `"1"`. The keys of a plain map are texts; a Map's are what they are. */
  readonly cases: Cases<OneOrMore>;
  readonly default?: OneOrMore;
  readonly normalization?: readonly Normalization[];
  /** Whether a value without a case, where there is no default, is an error of the record. Default true. */
  readonly failOnUnhandled?: boolean;
}

export type OneOrMore = Interpretation | readonly Interpretation[];
export type Cases<T> = Readonly<Record<string, T>> | ReadonlyMap<string | number | boolean | null, T>;

/** One step of an interpreter, as plain data: what the functions below give. */
export type Interpretation =
  | ({ readonly type: "sourceNode" } & SourceNode)
  | ({ readonly type: "relationship" } & Relationship)
  | ({ readonly type: "properties" } & NodeProperties)
  | ({ readonly type: "variables" } & Variables)
  | ({ readonly type: "switch" } & Switch);

/** A list of interpretations, or a list of such lists: passes, each of which gives an ingestion of its own. */
export type Passes = readonly Interpretation[] | readonly (readonly Interpretation[])[];

export interface InterpreterDeclaration {
  readonly interpretations: Passes;
  /** Runs once on the whole record, before `iterateOn`. */
  readonly beforeIteration?: Passes;
  /** The interpretations run for each of these values, as the document. Default: once, for the record. */
  readonly iterateOn?: From;
  /** Tables for `mapping("name", …)`. */
  readonly mappings?: Readonly<Record<string, Mapping>>;
}

/** The node that a record is about. Where several run in a pass, the last one counts. */
export function sourceNode(options: SourceNode): Interpretation {
  return { type: "sourceNode", ...options };
}

/** A relationship between the source node and another one, and that node. */
export function relationship(options: Relationship): Interpretation {
  return { type: "relationship", ...options };
}

/** More properties of the source node; before or after it. */
export function properties(from: PropertiesFrom, options: Omit<NodeProperties, "properties"> = {}): Interpretation {
  return { type: "properties", properties: from, ...options };
}

/** Values that later interpretations find with `variable(name)`. */
export function variables(from: PropertiesFrom, options: Omit<Variables, "variables"> = {}): Interpretation {
  return { type: "variables", variables: from, ...options };
}

/** Other interpretations, depending on a value. */
export function switchOn(from: From, cases: Switch["cases"], options: Omit<Switch, "switchOn" | "cases"> = {}): Interpretation {
  return { type: "switch", switchOn: from, cases, ...options };
}
