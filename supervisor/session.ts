import type { Stop } from "./running/stop.ts";

/** What the commands of one call share. */
export interface Session {
  /** Relative paths start here. */
  readonly folder: string;
  readonly stop: Stop;
  /** Set when the options are known. */
  verbose: boolean;
}
