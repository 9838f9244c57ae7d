// A worker: performs what its modules implement until SIGTERM. `datagraph worker` does the same from the command line.
import { Supervisor } from "datagraph";
import "./counting.ts";
import { settings } from "./settings.ts";
import "./splitting.ts";

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
// Whoever started it is gone.
process.once("disconnect", () => stop.abort());
process.channel?.unref();

/** Tells whoever has started this process. */
const tell = (message: unknown) => process.send?.(message);

const log = {
  debug: () => {},
  info: (message: string) => tell(message),
  warn: () => {},
  error: (message: string, fields?: Record<string, unknown>) => console.error(message, fields),
};
await using supervisor = Supervisor.attach({ ...settings(), log });
await supervisor.work({ signal: stop.signal, graceMs: 5_000 });
