import type { DesiredIngestion } from "../graph/index.ts";
import type { InterpreterDeclaration } from "./interpretations/declaration.ts";
import { interpreter } from "./interpreter.ts";
import { type StepOptions, type StepProcessor, stepProcessor } from "./step.ts";

/** Options of {@link interpret}. */
export type InterpretOptions<I extends string, O extends string> = InterpreterDeclaration & StepOptions<I, O>;

/**
 * A processor that makes graph ingestions of records: `records` in, `ingestions` out.
 *
 * @throws DeclarationError for a declaration that cannot work.
 */
export function interpret<const I extends string = "records", const O extends string = "ingestions">(
  options: InterpretOptions<I, O>,
): StepProcessor<I, O, DesiredIngestion> {
  const {
    name = "interpret",
    input = "records" as I,
    output = "ingestions" as O,
    deadLetter,
    replicas,
    ...declaration
  } = options;
  const ingestionsOf = interpreter({ name, ...declaration });
  const settings = { name, input, output, ...(deadLetter && { deadLetter }), ...(replicas !== undefined && { replicas }) };
  return stepProcessor(settings, ingestionsOf);
}
