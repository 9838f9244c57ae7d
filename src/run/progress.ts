import type { Progress, StreamProgress, TaskProgress } from "../flow/topology.ts";
import type { RunRecord, RunSnapshot } from "../streams/store.ts";

/** A snapshot by name, with rates since an earlier one. */
export function toProgress(
  record: RunRecord,
  snapshot: RunSnapshot,
  earlier?: { snapshot: RunSnapshot; elapsedMs: number },
): Progress {
  const tasks: Record<string, TaskProgress> = {};
  record.tasks.forEach(({ processor }, index) => {
    const task = snapshot.tasks[index];
    if (task) define(tasks, processor, task);
  });
  const streams: Record<string, StreamProgress> = {};
  record.streams.forEach(({ name, bounds }, index) => {
    const stream = snapshot.streams[index];
    if (!stream) return;
    const before = earlier?.snapshot.streams[index];
    const rate = before && earlier.elapsedMs > 0 ? ((stream.values - before.values) * 1000) / earlier.elapsedMs : undefined;
    const waitsFor = stream.waitsFor.map((consumer) =>
      consumer === "caller" ? "the caller" : record.tasks[consumer]?.processor,
    );
    define(streams, name, {
      state: stream.state,
      values: stream.values,
      bytes: stream.bytes,
      backlog: stream.backlog,
      ...(rate !== undefined && { rate }),
      ...(stream.bound > bounds.highWaterValues && { bound: stream.bound }),
      ...(waitsFor.length > 0 && { waitsFor: waitsFor.join(", ") }),
    });
  });
  return { state: snapshot.state, tasks, streams };
}

/** Names are any text, `__proto__` too: define, never assign. */
function define<T>(target: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
