import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { DeclarationError } from "datagraph";
import { type HandleRecord, InterpretationError } from "datagraph/interpret";
import { importModule, type ModuleExports } from "../modules/import-module.ts";
import { loadedStep, type RecordStepOptions } from "./records.ts";
import type { RecordStep } from "./step.ts";

/**
 * What a function of a module makes of each record: a list of records, or nothing.
 *
 * @param reference `./steps.ts#clean`, or `./steps.ts` for its default export. @param folder where its path starts.
 */
export function functionStep(reference: string, folder: string, options: RecordStepOptions = {}): RecordStep {
  const load = async (): Promise<HandleRecord<unknown>> => {
    const call = await functionOf(reference, folder);
    return (record, task) => {
      const result = call(record, task);
      return result instanceof Promise ? result.then((found) => listOf(found, reference)) : listOf(result, reference);
    };
  };
  return loadedStep({ kind: "each", load }, options);
}

type UserFunction = (...args: Parameters<HandleRecord<unknown>>) => unknown;

/** @throws DeclarationError when there is no such module or function, or the module cannot be loaded. */
async function functionOf(reference: string, folder: string): Promise<UserFunction> {
  const at = reference.lastIndexOf("#");
  const [path, name] = at < 0 ? [reference, "default"] : [reference.slice(0, at), reference.slice(at + 1)];
  const file = resolve(folder, path);
  const exported = (await load(file))[name];
  if (isFunction(exported)) return exported;
  const what = name === "default" ? "no function as its default export" : `no function "${name}"`;
  throw new DeclarationError(
    `The module ${path} exports ${what}: expected (record, task) => records, named as in "./steps.ts#clean".`,
  );
}

async function load(file: string): Promise<ModuleExports> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    throw new DeclarationError(`There is no module ${file}; expected a JavaScript or TypeScript file, as in "./steps.ts#clean".`);
  }
  try {
    return await importModule(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeclarationError(`The module ${file} cannot be loaded: ${reason}`, { cause: error });
  }
}

function listOf(result: unknown, reference: string): readonly unknown[] {
  if (result === undefined || result === null) return [];
  if (Array.isArray(result)) return result;
  const problem = `expected a list of records, or nothing; the function gave a value of type ${typeof result}`;
  throw new InterpretationError("each", reference, "the record", problem);
}

function isFunction(value: unknown): value is UserFunction {
  return typeof value === "function";
}
