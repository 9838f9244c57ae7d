import { type ResolvedFlow, Supervisor } from "datagraph";

/**
 * Runs a flow without inputs in this process, to its end, and gives the values of one of its outputs.
 *
 * @throws what the run fails with; CancelledError once the signal is aborted.
 */
export async function runHere(flow: ResolvedFlow, output: string, signal?: AbortSignal): Promise<readonly unknown[]> {
  await using supervisor = new Supervisor();
  const run = await supervisor.startFlow(flow, {});
  const cancel = () => void run.cancel(String(signal?.reason ?? "stopped"));
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  try {
    await run.done;
    return (await run.outputs[output]?.toArray()) ?? [];
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
