/* A BullMQ worker that gives back what it gets. */
import { Worker } from "bullmq";

interface BullSettings {
  readonly connection: { readonly host: string; readonly port: number };
  readonly prefix: string;
  readonly queue: string;
}

export async function main({ connection, prefix, queue }: BullSettings): Promise<void> {
  const worker = new Worker(queue, async (job) => job.data, {
    connection: { ...connection, maxRetriesPerRequest: null },
    prefix,
  });
  await worker.waitUntilReady();
  console.log("ready");
}
