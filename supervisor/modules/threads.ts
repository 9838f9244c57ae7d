import type { ThreadOptions } from "datagraph";

/** How the threads of this command's supervisors get at the modules of handlers. */
export const threads: ThreadOptions = {
  loader: new URL(import.meta.url.endsWith(".ts") ? "./thread-loader.ts" : "./thread-loader.js", import.meta.url),
};
