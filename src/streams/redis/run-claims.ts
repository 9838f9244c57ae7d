import { FencedError } from "../../errors.ts";
import { recordTask } from "../ledger.ts";
import { deadlineReason } from "../overdue.ts";
import { canRestart } from "../run-record.ts";
import { checkSharing, type ShareSettings } from "../share.ts";
import type { Asker } from "../shared-input.ts";
import type { Claim, RunRecord } from "../store.ts";
import { suspectsOf } from "../suspects.ts";
import { RedisClaim } from "./redis-claim.ts";
import type { RedisLedger } from "./redis-ledger.ts";
import { RedisShare, type ShareRun } from "./redis-share.ts";
import type { RedisStream } from "./redis-stream.ts";
import { RedisTaskFailures } from "./redis-task-failures.ts";
import type { RunLeases } from "./run-leases.ts";
import type { RunSettings } from "./run-settings.ts";
import { ShareCommands } from "./share-commands.ts";
import type { StreamCommands } from "./stream-commands.ts";

/** What claims need of their run. */
export interface ClaimedRun {
  readonly ledger: RedisLedger;
  readonly leases: RunLeases;
  readonly commands: StreamCommands;
  readonly stream: (index: number) => RedisStream;
  /** Has the run looked after when a deadline is due. */
  readonly lookAfterIn: (ms: number) => void;
  readonly shareRun: ShareRun;
  readonly lacksValues: (stream: RedisStream) => Error;
}

/** The tasks of a run that this process performs, and their hands in inputs that are shared. */
export class RunClaims {
  readonly #record: RunRecord;
  readonly #settings: RunSettings;
  readonly #run: ClaimedRun;
  readonly #claims = new Map<number, { readonly token: string; readonly lost: AbortController }>();
  readonly #shares = new Map<number, RedisShare>();

  constructor(record: RunRecord, settings: RunSettings, run: ClaimedRun) {
    this.#record = record;
    this.#settings = settings;
    this.#run = run;
  }

  has(task: number, token: string): boolean {
    return this.#claims.get(task)?.token === token;
  }

  /** Holds a claim that was made. @param noted how far earlier attempts have come. */
  hold(task: number, attempt: number, token: string, noted: ReadonlyMap<string, Buffer>): Claim {
    const { ledger, leases, commands, stream, lookAfterIn } = this.#run;
    const shared = recordTask(ledger.current, task);
    const lost = new AbortController();
    this.#claims.set(task, { token, lost });
    leases.hold(String(task), token);
    const { outputs = [], processor = "", deadlineMs } = this.#record.tasks[shared] ?? {};
    if (deadlineMs !== undefined) lookAfterIn(deadlineMs);
    const failures = new RedisTaskFailures(this.#settings, this.#record, { task: shared, replica: task, token });
    return new RedisClaim(
      { task, attempt, token, lost: lost.signal, failures },
      {
        commands,
        outputs: outputs.map(stream),
        noted,
        processor,
        restarts: canRestart(this.#record, shared),
        codec: this.#settings.codec,
        maxValueBytes: this.#settings.maxValueBytes,
        lose: () => ledger.lose(),
        share: (settings, isFresh) => this.#share({ task, token }, settings, isFresh),
        suspects: suspectsOf(ledger.current.tasks[task] ?? {}),
        hold: (values) => ledger.commit({ type: "hold", task, token, values }),
      },
    );
  }

  /** Ends a claim by the wish of its owner. A later one of the same task in this process stays. */
  letGo({ task, token }: Pick<Claim, "task" | "token">): void {
    if (this.has(task, token)) {
      this.#claims.delete(task);
      this.#shares.delete(task);
    }
    this.#run.leases.drop(String(task), token);
  }

  /** Stops who performs a task that was settled or taken over by others. */
  lose(task: number): void {
    const claim = this.#claims.get(task);
    if (!claim) return;
    this.letGo({ task, token: claim.token });
    const { ledger } = this.#run;
    const name = this.#record.tasks[recordTask(ledger.current, task)]?.processor;
    const overdue = deadlineReason(this.#record, ledger.current, task);
    claim.lost.abort(ledger.lost ?? overdue ?? new FencedError(`Task "${name}" of run ${this.#record.id}`));
  }

  /** The same for all tasks that are another one's by what is known now, or nobody's. */
  loseTaken(): void {
    const { tasks } = this.#run.ledger.current;
    for (const [task, { token }] of this.#claims) if (tasks[task]?.token !== token) this.lose(task);
  }

  /** There may be something to do for who shares an input. */
  wakeShares(): void {
    for (const share of this.#shares.values()) share.wake();
  }

  async #share(asker: Asker, wishes: ShareSettings, isFresh: boolean): Promise<RedisShare | undefined> {
    const { ledger, commands, stream: streamAt, shareRun, lacksValues } = this.#run;
    const task = recordTask(ledger.current, asker.task);
    const { replicas, order, setsAside } = wishes;
    if (isFresh && (replicas > 1 || order === "key"))
      await ledger.commit({ type: "share", ...asker, sharing: { replicas, order, ...(setsAside && { setsAside }) } });
    const sharing = ledger.current.tasks[task]?.sharing;
    if (!sharing) return undefined;
    const { outputs = [], processor = "" } = this.#record.tasks[task] ?? {};
    checkSharing(sharing, wishes, processor);
    const { codec, maxValueBytes } = this.#settings;
    const stream = streamAt(wishes.input);
    const share = new RedisShare(sharing, wishes, {
      asker,
      task,
      processor,
      stream,
      codec,
      maxValueBytes,
      marks: wishes.setsAside === true,
      outputs: outputs.map(streamAt),
      commands: new ShareCommands(this.#settings),
      run: shareRun,
      fetch: (position) => commands.fetch(stream, position),
      lacksValues: () => lacksValues(stream),
    });
    this.#shares.set(asker.task, share);
    return share;
  }
}
