import type { Declared } from "../declared.ts";
import { InvalidPartError } from "../errors.ts";
import { declaredCases, oneOrMore } from "./compile.ts";

/**
 * Relationships and properties belong to a source node. A pass that has some of them and can never have a source node would lose
 * them without a word.
 *
 * @throws DeclarationError that names such a pass.
 */
export function checkSources(before: readonly (readonly Declared[])[], passes: readonly (readonly Declared[])[]): void {
  if (before.some((pass) => pass.some((one) => someStep(one, isSource)))) return;
  for (const pass of passes) {
    const needing = [...before.flat(), ...pass].find((one) => someStep(one, needsSource));
    if (needing && !pass.some((one) => someStep(one, isSource))) {
      throw new InvalidPartError(
        needing.path,
        "expected a sourceNode in the same pass (or in beforeIteration), found none. What belongs to it would be lost",
      );
    }
  }
}

const isSource = (type: unknown) => type === "sourceNode";
const needsSource = (type: unknown) => type === "relationship" || type === "properties";

/** Whether an interpretation, or one in a case of it, is of such a type. */
function someStep(declared: Declared, wanted: (type: unknown) => boolean): boolean {
  return branchesOf(declared).some(({ value }) => wanted(typeOf(value)));
}

function typeOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
}

/** An interpretation and all that may run in its place. */
export function branchesOf(declared: Declared): Declared[] {
  if (typeOf(declared.value) !== "switch") return [declared];
  const cases = declaredCases(declared.at("cases")).map(([, branch]) => branch);
  const branches = declared.at("default").isThere ? [...cases, declared.at("default")] : cases;
  return branches.flatMap(oneOrMore).flatMap(branchesOf);
}
