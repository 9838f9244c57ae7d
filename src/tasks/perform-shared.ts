import type { FailurePolicy } from "../processor/failure-policy.ts";
import type { TaskContext } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import type { TaskFailures } from "../streams/dead-letters.ts";
import type { Share } from "../streams/share.ts";
import type { Check } from "./check.ts";
import { driveShare } from "./drive-share.ts";
import type { Emitter } from "./emitter.ts";
import type { Guard, GuardSettings } from "./guard.ts";
import { keyOf } from "./key.ts";
import { SharedOutputs } from "./shared-outputs.ts";
import { performer, SharedTask, type ValueImplementation } from "./shared-task.ts";

/** How a guard calls a handler, and where what that emits is looked at. */
export type Guarding = Pick<GuardSettings, "perform" | "task" | "from"> & { readonly emitter: Pick<Emitter, "validate"> };

/** What performing one replica needs of its attempt. */
export interface SharedPerformance {
  readonly processor: AnyProcessor;
  readonly implementation: ValueImplementation;
  /** Dependencies and other inputs, by name. */
  readonly context: Record<string, unknown>;
  readonly task: TaskContext;
  /** Of the shared input. */
  readonly check: Check | undefined;
  readonly guard: (policy: FailurePolicy, how: Guarding) => Promise<Guard>;
  readonly failures: TaskFailures;
  /** Index of an output's stream. */
  readonly streamOf: (output: string) => number;
  /** Told of calls that go on after the attempt has failed. */
  readonly onLeft: (settled: Promise<void>) => void;
  /** Told how to find out whether a call is under way. */
  readonly onBegin: (isBusy: () => boolean) => void;
}

/** Handles what a replica gets of its input, until the whole input is done. */
export async function performShared(share: Share, attempt: SharedPerformance): Promise<void> {
  const { processor, implementation, context, task, check, failures } = attempt;
  const { name } = processor.declaration;
  const { failures: policy, options } = implementation;
  const outputs = new SharedOutputs(name, processor.outputs, attempt.streamOf);
  const perform = performer(implementation, context, name);
  const guard = policy && (await attempt.guard(policy, { perform, emitter: outputs, task, from: 0 }));
  const work = new SharedTask(implementation, {
    perform: (input) => perform(input, task),
    guard,
    check,
    keyOf: options.key && keyOf(name, options.key),
  });
  const drive = {
    share,
    call: work.call,
    outputsOf: (result: unknown) => outputs.of(result),
    unitsOf: work.unitsOf,
    onAgain: async () => {
      if (policy?.deadLetter !== undefined) guard?.learn(await failures.known());
    },
    signal: task.signal,
    onLeft: attempt.onLeft,
    onBegin: attempt.onBegin,
  };
  await driveShare(drive, work.size);
}
