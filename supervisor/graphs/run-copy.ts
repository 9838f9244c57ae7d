import { type Log, Supervisor } from "datagraph";
import type { CopiedBatch, CopiedType, CopyOptions } from "datagraph/copy";
import type { LineSink } from "../outputs/line-sink.ts";
import { counted, rate } from "../progress/counted.ts";
import type { Display } from "../progress/display.ts";
import { duration } from "../progress/table.ts";
import { type AnyRun, readRun } from "../running/follow-run.ts";
import type { Stop } from "../running/stop.ts";

export interface CopySurroundings {
  readonly json: boolean;
  readonly display: Display;
  readonly sink: LineSink;
  readonly log: Log;
  readonly stop: Stop;
}

/** Copies, shows how far it is, and prints what was copied. @throws what made it fail, or the reason of `stop`. */
export async function runCopy(options: CopyOptions, surroundings: CopySurroundings): Promise<void> {
  const { display, sink, log, stop, json } = surroundings;
  const { copyFlow } = await import("datagraph/copy");
  const tally = new Tally();
  const supervisor = new Supervisor({ log });
  try {
    const flow = copyFlow({ ...options, onBatch: (batch) => tally.add(batch) });
    const run: AnyRun = await stop.race(supervisor.startFlow(flow, {}));
    const types: CopiedType[] = [];
    const take = (_: string, values: readonly unknown[]) => void types.push(...(values as readonly CopiedType[]));
    display.start(
      () => run.progress(),
      () => [tally.text],
    );
    try {
      await readRun(run, ["copy.copied"], take, { ...surroundings, cancels: true });
    } finally {
      await display.stop();
    }
    await sink.write(json ? `${JSON.stringify({ types, seconds: tally.seconds })}\n` : summaryText(types, tally));
  } finally {
    await supervisor.close();
  }
}

/** What was written so far. */
class Tally {
  readonly #start = performance.now();
  #nodes = 0;
  #relationships = 0;

  add({ kind, count }: CopiedBatch): void {
    if (kind === "nodes") this.#nodes += count;
    else this.#relationships += count;
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  get text(): string {
    const both = [
      [this.#nodes, "node"],
      [this.#relationships, "relationship"],
    ] as const;
    return both.map(([count, what]) => `${counted(count, what)}${rate(count, this.seconds)}`).join(", ");
  }
}

function summaryText(types: readonly CopiedType[], tally: Tally): string {
  const lines = types.map(({ kind, type, from, to, read, ...counts }) => {
    const name = kind === "nodes" ? type : `(${from})-[${type}]->(${to})`;
    const created = kind === "nodes" ? counts.nodesCreated : counts.relationshipsCreated;
    const what = counted(read, kind === "nodes" ? "node" : "relationship");
    return `  ${name}: ${what}${created === undefined ? "" : `, ${counted(created)} of them new`}`;
  });
  return `${[`Copied ${tally.text} in ${duration(tally.seconds * 1000)}`, ...lines].join("\n")}\n`;
}
