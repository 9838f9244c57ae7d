import { DeclarationError } from "datagraph";
import { describe, expect, test } from "vitest";
import type { InterpreterDeclaration } from "./interpretations/declaration.ts";
import { interpreter } from "./interpreter.ts";

describe("a declaration that cannot work is refused with its place", () => {
  const data =
    (interpretations: unknown, more: object = {}) =>
    () =>
      interpreter({ interpretations, ...more } as unknown as InterpreterDeclaration);
  const key = { id: { path: "id" } };
  const node = { type: "sourceNode", nodeType: "A", key };
  test.each<[unknown, RegExp, object?]>([
    [undefined, /^interpretations: expected a list of interpretations/],
    [
      [{ type: "source_node" }],
      /^interpretations\[0\]\.type: expected one of sourceNode, relationship, properties, variables, switch/,
    ],
    [["x"], /^interpretations\[0\]\.type: expected one of/],
    [[node, [node]], /^interpretations: .* found a mixture of both/],
    [[{ ...node, nodetype: "x" }], /^interpretations\[0\]: unknown key "nodetype"; known are: type, condition, nodeType/],
    [[{ ...node, nodeType: "" }], /^interpretations\[0\]\.nodeType: expected a type's name, found an empty text/],
    [[{ ...node, nodeType: 5 }], /^interpretations\[0\]\.nodeType: expected a type's name, found a number/],
    [[{ ...node, key: {} }], /^interpretations\[0\]\.key: expected a key of at least one part/],
    [[{ ...node, key: undefined }], /^interpretations\[0\]\.key: expected a map of values by name.*found nothing/],
    [[{ ...node, key: { "": 1 } }], /^interpretations\[0\]\.key: expected names that are not empty/],
    [[{ ...node, key: { "a b": { regex: 1 } } }], /^interpretations\[0\]\.key\["a b"\]\.regex: expected a map/],
    [[{ ...node, keyNormalization: ["lower"] }], /^interpretations\[0\]\.keyNormalization\[0\]: expected one of lowercase/],
    [[{ ...node, allowCreate: "no" }], /^interpretations\[0\]\.allowCreate: expected true or false, found a text/],
    [[{ ...node, additionalTypes: [""] }], /^interpretations\[0\]\.additionalTypes\[0\]: expected a text/],
    [
      [{ ...node, condition: { type: "xor" } }],
      /^interpretations\[0\]\.condition\.type: expected one of compare, and, or, not, true/,
    ],
    [
      [{ ...node, condition: { type: "compare", operator: "like", left: 1, right: 1 } }],
      /^interpretations\[0\]\.condition\.operator/,
    ],
    [
      [{ ...node, condition: { type: "and", conditions: [{ type: "compare", operator: "equals", left: 1 }] } }],
      /conditions\[0\]\.right/,
    ],
    [
      [node, { type: "relationship", nodeType: "B", relationshipType: "R", nodeKey: key, nodeCreationRule: "LAZY" }],
      /^interpretations\[1\]\.nodeCreationRule: expected one of EAGER, MATCH_ONLY, FUZZY/,
    ],
    [
      [node, { type: "relationship", nodeType: "B", relationshipType: "R", nodeKey: key, cardinality: "ONE" }],
      /^interpretations\[1\]\.cardinality/,
    ],
    [[node, { type: "properties" }], /^interpretations\[1\]\.properties: expected a map of properties/],
    [[{ type: "switch", switchOn: 1, cases: { a: [{ ...node, key: 3 }] } }], /^interpretations\[0\]\.cases\.a\[0\]\.key/],
    [
      [{ type: "relationship", nodeType: "B", relationshipType: "R", nodeKey: key }],
      /^interpretations\[0\]: expected a sourceNode in the same pass.*would be lost/,
    ],
    [[[node], [{ type: "properties", properties: {} }]], /^interpretations\[1\]\[0\]: expected a sourceNode/],
    [
      [{ type: "variables", variables: {} }],
      /^beforeIteration\[0\]: expected a sourceNode in the same pass/,
      { beforeIteration: [{ type: "properties", properties: {} }] },
    ],
    [[node], /^iterateOn\.path/, { iterateOn: { path: "[" } }],
    [[node], /^beforeIteration\[0\]\.type/, { beforeIteration: [{}] }],
    [[node], /unknown key "iterate_on"/, { iterate_on: 1 }],
  ])("%#", (interpretations, message, more) => {
    expect(data(interpretations, more)).toThrow(DeclarationError);
    expect(data(interpretations, more)).toThrow(message);
  });
});
