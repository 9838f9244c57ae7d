import type { ResolvedFlow } from "datagraph";
import { UsageError } from "../exit-codes.ts";
import { quoted } from "../inputs/input-arguments.ts";

/** What of a run is printed. */
export interface ChosenOutputs {
  /** Names of streams. */
  readonly names: readonly string[];
  /** Whether each value is printed with the name of its stream: there is more than one. */
  readonly tagged: boolean;
  /** Whether streams are among them that processors of the flow consume. */
  readonly inner: boolean;
}

/** The streams that `--output` names; all outputs of the flow where it names none. @throws UsageError for unknown ones. */
export function chooseOutputs(wanted: readonly string[], flow: Pick<ResolvedFlow, "outputs" | "topology">): ChosenOutputs {
  const names = wanted.length === 0 ? flow.outputs : [...new Set(wanted)];
  const streams = flow.topology.streams.map(({ name }) => name);
  const unknown = names.filter((name) => !streams.includes(name));
  if (unknown.length > 0) {
    const inner = streams.filter((name) => !flow.outputs.includes(name));
    const others = inner.length === 0 ? "" : ` Its other streams can be chosen too: ${quoted(inner)}.`;
    throw new UsageError(`Unknown output: ${quoted(unknown)}. This flow's outputs: ${quoted(flow.outputs) || "none"}.${others}`);
  }
  return { names, tagged: names.length > 1, inner: names.some((name) => !flow.outputs.includes(name)) };
}
