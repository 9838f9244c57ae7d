import { type Command, Option } from "commander";
import { type Executor, MissingPackageError, type SupervisorOptions } from "datagraph";
import { type ConnectionFlags, sharedConnection } from "./connection.ts";
import { seconds } from "./numbers.ts";

/** What the options of a command that has to do with workers were set to. */
export interface WorkerFlags extends ConnectionFlags {
  /** In milliseconds. */
  readonly lease?: number;
}

export function addLeaseOption(command: Command): Command {
  return command.addOption(
    new Option("--lease <seconds>", "how long a silent process counts as alive; the same everywhere (default: 10)")
      .env("DATAGRAPH_LEASE")
      .argParser(seconds("--lease", 0.5)),
  );
}

/**
 * The supervisor's options where tasks are performed by workers.
 *
 * @throws CommandError without a Redis; MissingPackageError without BullMQ; UsageError.
 */
export async function workersOptions(
  flags: WorkerFlags,
  who: string,
): Promise<Pick<SupervisorOptions, "redis" | "executor" | "leaseMs">> {
  const connection = sharedConnection(flags, who);
  return { ...connection, executor: await bullmqExecutor(who), ...(flags.lease !== undefined && { leaseMs: flags.lease }) };
}

async function bullmqExecutor(who: string): Promise<Executor> {
  try {
    const { BullMQExecutor } = await import("datagraph/bullmq");
    return new BullMQExecutor();
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    throw missing ? new MissingPackageError("bullmq", who, { cause: error }) : error;
  }
}
