import type { RunKeys } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/** Who supplies a run's inputs, among those who hold a lease; the others are tasks, by index. */
export const SUPPLIER = "f";

/** The run itself, among those that have a deadline. */
export const RUN = "r";

/** What a look at a run's leases found. */
export interface LeaseReport {
  /** Tasks (or the supplier) of this process that another one has taken over. */
  readonly lost: readonly string[];
  /** Tasks (or the supplier) whose owner has said nothing for longer than its lease, with that owner's token. */
  readonly lapsed: readonly (readonly [who: string, token: string])[];
  /** Tasks that should have ended by now, and {@link RUN} where the whole run should. */
  readonly overdue: readonly string[];
  /** Milliseconds until the next one should; `undefined` where there is none. */
  readonly nextDeadlineMs: number | undefined;
}

/** The leases of one run that this process holds: it is believed to live as long as it says so. */
export class RunLeases {
  readonly #keys: RunKeys;
  readonly #link: RedisLink;
  readonly #leaseMs: number;
  readonly #tasks: () => number;
  readonly #held = new Map<string, string>();

  constructor(keys: RunKeys, link: RedisLink, leaseMs: number, tasks: () => number) {
    this.#keys = keys;
    this.#link = link;
    this.#leaseMs = leaseMs;
    this.#tasks = tasks;
  }

  get any(): boolean {
    return this.#held.size > 0;
  }

  hold(who: string, token: string): void {
    this.#held.set(who, token);
  }

  /** @param token of the owner that drops it; a later one keeps it. */
  drop(who: string, token = this.#held.get(who)): void {
    if (this.#held.get(who) === token) this.#held.delete(who);
  }

  /** Says that this process lives and looks who does not; `undefined` when the run is gone. */
  async renew(): Promise<LeaseReport | undefined> {
    const held = [...this.#held];
    const reply = (await this.#link.run(() =>
      this.#link.commands.dgRenew(this.#keys.run, this.#leaseMs, this.#tasks(), ...held.flat()),
    )) as [lost: string, lapsed: string, overdue: string, nearest: string] | null;
    if (!reply) return undefined;
    const [lost = [], lapsed = [], overdue = [], [nearest] = []] = reply.map((list) =>
      list.split(",").filter((who) => who !== ""),
    );
    const asked = new Map(held);
    return {
      lost: lost.filter((who) => this.#held.get(who) === asked.get(who)),
      lapsed: lapsed.map((entry) => {
        const [who = "", token = ""] = entry.split(":");
        return [who, token];
      }),
      overdue,
      nextDeadlineMs: nearest === undefined ? undefined : Number(nearest),
    };
  }
}
