import type { DesiredIngestion, IngestionHook, NodeOperation, RelationshipOperation } from "../graph/index.ts";
import { Declared } from "./declared.ts";
import { interpretationError } from "./errors.ts";
import { compileSteps, declaredPasses } from "./interpretations/compile.ts";
import type { InterpreterDeclaration } from "./interpretations/declaration.ts";
import { NO_PROPERTIES } from "./interpretations/maps.ts";
import { checkSources } from "./interpretations/sources.ts";
import { type Related, type Source, State, type Step } from "./interpretations/state.ts";
import { compileProvider } from "./providers/compile.ts";

/** What becomes of one record: an ingestion per pass and value of `iterateOn`, those without a source node left out. */
export type Interpreter = (record: unknown) => DesiredIngestion[];

const NO_HOOKS: readonly IngestionHook[] = Object.freeze([]);

/**
 * Compiles a declaration into a plain function. It shares nothing between records, and changes none.
 *
 * @param options.name stands in errors. Default "interpreter".
 * @throws DeclarationError for what cannot work, with its place in the declaration.
 * @throws InterpretationError (the function) for a record that cannot be interpreted.
 */
export function interpreter({
  name = "interpreter",
  ...declaration
}: InterpreterDeclaration & { readonly name?: string }): Interpreter {
  const declared = new Declared(declaration, name).map("interpretations", "beforeIteration", "iterateOn", "mappings");
  const at = (key: string) => new Declared(declared.at(key).value, key);
  const surroundings = { mappings: at("mappings") };
  const before = at("beforeIteration").isThere ? declaredPasses(at("beforeIteration")) : [];
  const passes = declaredPasses(at("interpretations"));
  checkSources(before, passes);
  const prepare = compilePasses(before.map((pass) => compileSteps(pass, surroundings)));
  const split = at("iterateOn").isThere ? iterate(compileProvider(at("iterateOn"), surroundings).many) : undefined;
  const interpret = passes.map((pass) => compileSteps(pass, surroundings));
  return (record) => {
    const ingestions: DesiredIngestion[] = [];
    let state = new State(record);
    try {
      for (const prepared of prepare ? prepare(state) : [state]) {
        state = prepared;
        for (const part of split ? split(prepared) : [prepared]) {
          for (const pass of interpret) {
            state = interpret.length > 1 ? part.copy() : part;
            pass(state);
            if (state.source) ingestions.push(ingestionOf(state.source, state));
          }
        }
      }
      return ingestions;
    } catch (thrown) {
      throw interpretationError(name, state.place, thrown);
    }
  };
}

/** Each pass on a copy of the state; nothing for no passes. */
function compilePasses(passes: readonly Step[]): ((state: State) => readonly State[]) | undefined {
  if (passes.length === 0) return undefined;
  return (state) =>
    passes.map((pass) => {
      const copy = state.copy();
      pass(copy);
      return copy;
    });
}

/** A copy of the state for each value, as its document. */
function iterate(many: (state: State) => readonly unknown[]): (state: State) => readonly State[] {
  return (state) =>
    many(state).map((document, i) => {
      const copy = state.copy();
      copy.document = document;
      copy.place = `value ${i + 1} of iterateOn`;
      return copy;
    });
}

function ingestionOf({ type, key, fixed }: Source, { properties = NO_PROPERTIES, related }: State): DesiredIngestion {
  const { additionalTypes, rule, stamp } = fixed;
  const source: NodeOperation = { node: { type, key, properties, additionalTypes }, rule, stamp };
  return { nodes: [source], relationships: related.map((one) => operationOf(source, one)), hooks: NO_HOOKS };
}

function operationOf(source: NodeOperation, { node, relationship, outbound, rule, stamp }: Related): RelationshipOperation {
  return outbound ? { from: source, to: node, relationship, rule, stamp } : { from: node, to: source, relationship, rule, stamp };
}
