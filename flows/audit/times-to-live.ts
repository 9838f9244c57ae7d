import { type ConnectorChoice, connect, dueUntil, type TimeToLive } from "datagraph/graph";

/** A type of nodes or relationships. */
export interface AuditedType {
  readonly on: TimeToLive["on"];
  readonly type: string;
}

/** What is wrong with the times to live of one type. */
export interface TimeToLiveFinding extends AuditedType {
  /** `missing`: it lives for ever. `several`: the shortest one counts. `unknown`: nothing makes this type, so its time to live does nothing. */
  readonly problem: "missing" | "several" | "unknown";
  /** All of it as a sentence. */
  readonly message: string;
}

type Configured = Pick<TimeToLive, "on" | "type" | "expiryHours">;

/**
 * Compares the types that are made with the times to live that are configured: types first, in their order, then what is configured for none of them.
 */
export function auditTimesToLive(
  types: readonly AuditedType[],
  timesToLive: readonly Configured[],
): readonly TimeToLiveFinding[] {
  const configured = new Map<string, Configured[]>();
  for (const ttl of timesToLive) configured.set(idOf(ttl), [...(configured.get(idOf(ttl)) ?? []), ttl]);
  const made = new Map(types.map((type) => [idOf(type), type]));
  const findings: TimeToLiveFinding[] = [];
  for (const [id, { on, type }] of made) {
    const found = configured.get(id) ?? [];
    if (found.length === 0)
      findings.push({ on, type, problem: "missing", message: `${nameOf({ on, type })} has no time to live.` });
    if (found.length > 1) {
      const hours = found.map(({ expiryHours }) => `${expiryHours} h`).join(", ");
      findings.push({ on, type, problem: "several", message: `${nameOf({ on, type })} has several times to live: ${hours}.` });
    }
  }
  for (const [id, [first]] of configured) {
    if (!first || made.has(id)) continue;
    const { on, type } = first;
    const message = `${nameOf(first)} has a time to live, and nothing makes it.`;
    findings.push({ on, type, problem: "unknown", message });
  }
  return findings;
}

/** How much of a type there is, and how much of that would be deleted now. */
export interface Due extends AuditedType {
  readonly expiryHours: number;
  readonly total: number;
  /** What a custom query would delete is not known: `undefined`. */
  readonly due: number | undefined;
  /** How much was never stamped, so that it lives for ever. */
  readonly unstamped: number;
}

/**
 * Counts in a database what times to live would delete, and deletes nothing. A database that holds nothing gives nothing.
 *
 * @throws as connecting and reading does.
 */
export async function dueByTimesToLive(
  database: ConnectorChoice,
  timesToLive: readonly TimeToLive[],
  { now = new Date(), signal }: { readonly now?: Date; readonly signal?: AbortSignal } = {},
): Promise<readonly Due[]> {
  const connection = await connect(database);
  const { types } = connection;
  try {
    const due: Due[] = [];
    for (const ttl of timesToLive) {
      const { on, type, expiryHours, customQuery } = ttl;
      const of = on === "node" ? { node: type } : { relationship: type };
      const total = await types.count(of, signal);
      if (total === undefined) continue;
      const stamped = (await types.count({ ...of, ingestedUntil: END_OF_TIME }, signal)) ?? 0;
      const old = customQuery === undefined ? await types.count({ ...of, ingestedUntil: dueUntil(ttl, now) }, signal) : undefined;
      due.push({ on, type, expiryHours, total, due: old, unstamped: total - stamped });
    }
    return due;
  } finally {
    await connection.close();
  }
}

function idOf({ on, type }: AuditedType): string {
  return `${on} ${type}`;
}

function nameOf({ on, type }: AuditedType): string {
  return `${on === "node" ? "Node" : "Relationship"} type "${type}"`;
}

const END_OF_TIME = new Date("9999-12-31T23:59:59.999Z");
