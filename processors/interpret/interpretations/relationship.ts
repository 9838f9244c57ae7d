import type { NodeCreationRule, Properties } from "../../graph/index.ts";
import type { Declared } from "../declared.ts";
import { Problem } from "../errors.ts";
import { declaredNormalization, type Normalization } from "../normalise.ts";
import { compileProvider, type Surroundings } from "../providers/compile.ts";
import { type CompiledKey, compileKey, compileProperties, compileType } from "./maps.ts";
import type { Related, State, Step } from "./state.ts";

const nodeRules: readonly NodeCreationRule[] = ["EAGER", "MATCH_ONLY", "FUZZY"];

export function compileRelationship(declaration: Declared, surroundings: Surroundings): Step {
  const declared = declaration.map(
    ...["type", "condition", "nodeType", "relationshipType", "nodeKey", "nodeProperties", "relationshipKey"],
    ...["relationshipProperties", "outbound", "findMany", "iterateOn", "cardinality", "nodeCreationRule"],
    ...["relationshipCreationRule", "keyNormalization", "propertiesNormalization", "nodeAdditionalTypes"],
    ...["nodeUpdateLastIngested", "relationshipUpdateLastIngested"],
  );
  // A pattern must not be lowered: \D would become \d.
  const usual: readonly Normalization[] = declared.at("nodeCreationRule").value === "FUZZY" ? [] : ["lowercase"];
  if (declared.at("cardinality").isThere) declared.at("cardinality").oneOf(["SINGLE", "MANY"]);
  const key = compileKey(declared.at("nodeKey"), declaredNormalization(declared.at("keyNormalization"), usual), surroundings);
  const relate = compileRelated(declared, surroundings);
  const collect = declared.at("findMany").flag(false) ? collectMany(key, relate) : collectOne(key, relate);
  const collectAll = iterating(declared.at("iterateOn"), collect, surroundings);
  return (state) => {
    const found: Related[] = [];
    collectAll(state, found);
    if (found.length > 0) state.related = state.related.length === 0 ? found : [...state.related, ...found];
  };
}

type Relate = (state: State, key: Properties) => Related;
/** Adds what a document has to a list. */
type Collect = (state: State, found: Related[]) => void;

function collectOne({ one }: CompiledKey, relate: Relate): Collect {
  return (state, found) => {
    const key = one(state);
    if (key !== undefined) found.push(relate(state, key));
  };
}

function collectMany({ many }: CompiledKey, relate: Relate): Collect {
  return (state, found) => {
    for (const key of many(state)) found.push(relate(state, key));
  };
}

/** The related node of this key, and the relationship. */
function compileRelated(declared: Declared, surroundings: Surroundings): Relate {
  const rules = declaredNormalization(declared.at("propertiesNormalization"), []);
  const properties = (name: string) => compileProperties(declared.at(name), rules, surroundings);
  const nodeType = compileType(declared.at("nodeType"), surroundings);
  const type = compileType(declared.at("relationshipType"), surroundings);
  const nodeProperties = properties("nodeProperties");
  const relationshipKey = properties("relationshipKey");
  const relationshipProperties = properties("relationshipProperties");
  const keyPath = declared.at("relationshipKey").path;
  const additionalTypes = declared.at("nodeAdditionalTypes").texts("a list of types' names");
  const nodeRule = declared.at("nodeCreationRule").oneOf(nodeRules, "EAGER");
  const nodeStamp = declared.at("nodeUpdateLastIngested").flag(true);
  const fixed = {
    outbound: declared.at("outbound").flag(true),
    rule:
      declared.at("relationshipCreationRule").oneOf(["EAGER", "MERGE_KEY", "CREATE"], "EAGER") === "CREATE" ? "CREATE" : "EAGER",
    stamp: declared.at("relationshipUpdateLastIngested").flag(true),
  } as const;
  return (state, key) => ({
    node: {
      node: { type: nodeType(state), key, properties: nodeProperties(state), additionalTypes },
      rule: nodeRule,
      stamp: nodeStamp,
    },
    relationship: {
      type: type(state),
      key: withoutNull(relationshipKey(state), keyPath),
      properties: relationshipProperties(state),
    },
    outbound: fixed.outbound,
    rule: fixed.rule,
    stamp: fixed.stamp,
  });
}

/** Relationships are not told apart by what is not there. */
function withoutNull(key: Properties, declaration: string): Properties {
  for (const name of Object.keys(key)) {
    if (key[name] === null) throw new Problem(declaration, `a relationship's key has no null, found one as "${name}"`);
  }
  return key;
}

/** The same for each value as the document, where that is wanted. */
function iterating(declared: Declared, collect: Collect, surroundings: Surroundings): Collect {
  if (!declared.isThere) return collect;
  const { many } = compileProvider(declared, surroundings);
  return (state, found) => {
    const { document, place } = state;
    const documents = many(state);
    for (let i = 0; i < documents.length; i++) {
      state.document = documents[i];
      state.place = `${declared.path} value ${i + 1} of ${place}`;
      collect(state, found);
    }
    state.document = document;
    state.place = place;
  };
}
