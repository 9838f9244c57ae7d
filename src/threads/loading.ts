/** The module that is being loaded in this thread to get at a handler; `undefined` in the main program, and afterwards. */
let current: string | undefined;

/** Runs what loads a handler's module. */
export async function whileLoading<T>(module: string, load: () => Promise<T>): Promise<T> {
  current = module;
  try {
    return await load();
  } finally {
    current = undefined;
  }
}

/** @see current */
export function loadingInThread(): string | undefined {
  return current;
}
