import { pathToFileURL } from "node:url";

/** @see EachOptions.isolate */
export interface IsolateOptions {
  /** URL of the module that implements the processor; it is imported in each thread. Default: the one that calls `implementEach`. */
  readonly module?: string | URL;
  /**
   * Move the buffers in results instead of copying them: typed arrays and `ArrayBuffer`s that the handler does not use again.
   * Default false.
   */
  readonly transfer?: boolean;
}

/** Where an isolated handler is found. */
export interface Isolation {
  readonly module: string;
  readonly transfer: boolean;
}

/**
 * What the `isolate` option says; `undefined` where the handler is called in the main program's thread.
 *
 * @param calledBy the function of ours that its module calls.
 * @throws Error with what is wrong.
 */
export function isolationOf(
  option: boolean | string | URL | IsolateOptions | undefined,
  calledBy: (...args: never) => unknown,
): Isolation | undefined {
  if (option === undefined || option === false) return undefined;
  const given: IsolateOptions =
    option === true ? {} : typeof option === "string" || option instanceof URL ? { module: option } : option;
  const { module = callerOf(calledBy), transfer = false } = given;
  if (module === undefined) throw new Error("isolate: its module is not known; say { isolate: import.meta.url }");
  const url = String(module);
  if (!URL.canParse(url)) throw new Error(`isolate takes the URL of a module, as in import.meta.url, found "${url}"`);
  return { module: url, transfer };
}

/** URL of the module whose code called a function; a path becomes one, as CommonJS modules and compilers have it. */
function callerOf(called: (...args: never) => unknown): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName();
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, called);
    const file = holder.stack;
    if (typeof file !== "string" || file === "") return undefined;
    if (URL.canParse(file)) return file;
    return pathToFileURL(file).href;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
