import type { Declared } from "../declared.ts";
import { declaredNormalization, type Normalization } from "../normalise.ts";
import type { Surroundings } from "../providers/compile.ts";
import { merged } from "../values.ts";
import { compileKey, compileProperties, compileType, NO_PROPERTIES } from "./maps.ts";
import type { Source, Step } from "./state.ts";

const KEY_NORMALIZATION: readonly Normalization[] = ["lowercase"];

export function compileSourceNode(declaration: Declared, surroundings: Surroundings): Step {
  const declared = declaration.map(
    ...["type", "condition", "nodeType", "key", "properties", "additionalIndexes", "additionalTypes"],
    ...["normalization", "keyNormalization", "propertiesNormalization", "allowCreate", "updateLastIngested"],
  );
  const both = declared.at("normalization");
  const keyRules = declaredNormalization(declared.at("keyNormalization"), declaredNormalization(both, KEY_NORMALIZATION));
  const rules = declaredNormalization(declared.at("propertiesNormalization"), declaredNormalization(both, []));
  const typeOf = compileType(declared.at("nodeType"), surroundings);
  const key = compileKey(declared.at("key"), keyRules, surroundings);
  const propertiesOf = compileProperties(declared.at("properties"), rules, surroundings);
  declared.at("additionalIndexes").texts("a list of properties' names");
  const additionalTypes = declared.at("additionalTypes").texts("a list of types' names");
  const fixed: Source["fixed"] = {
    rule: declared.at("allowCreate").flag(true) ? "EAGER" : "MATCH_ONLY",
    stamp: declared.at("updateLastIngested").flag(true),
    additionalTypes,
  };
  return (state) => {
    const found = key.one(state);
    if (found === undefined) {
      state.source = undefined;
      return;
    }
    const properties = propertiesOf(state);
    state.source = { type: typeOf(state), key: found, fixed };
    state.properties = state.more ? merged(state.more, properties) : properties;
  };
}

export function compileNodeProperties(declaration: Declared, surroundings: Surroundings): Step {
  const declared = declaration.map("type", "condition", "properties", "normalization");
  const rules = declaredNormalization(declared.at("normalization"), []);
  if (!declared.at("properties").isThere) declared.at("properties").refuse("a map of properties, or a provider of one");
  const propertiesOf = compileProperties(declared.at("properties"), rules, surroundings);
  return (state) => {
    const properties = propertiesOf(state);
    state.more = merged(state.more ?? NO_PROPERTIES, properties);
    state.properties = merged(state.properties ?? NO_PROPERTIES, properties);
  };
}
