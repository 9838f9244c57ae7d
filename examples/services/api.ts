// The API: POST a text, and get what the workers make of it while they do, as JSON Lines.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Supervisor } from "datagraph";
import { settings } from "./settings.ts";
import { words } from "./words.ts";

const supervisor = Supervisor.attach({ ...settings(), log: console });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST" || request.url !== "/words") {
    response.writeHead(404).end("POST a text to /words\n");
    return;
  }
  const run = await supervisor.startFlow(words, { text: [await text(request)] });
  // A client that leaves needs no more results.
  response.once("close", () => {
    if (!response.writableFinished) void run.cancel("the client has left").catch(() => undefined);
  });
  response.writeHead(200, { "content-type": "application/jsonl", "x-run-id": run.id });
  for await (const counted of run.outputs.counted) response.write(`${JSON.stringify(counted)}\n`);
  response.end();
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    // The status is sent with the first result; a response that breaks off tells the client that more was to come.
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end("The words could not be counted\n");
    console.error(error);
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));

async function close(): Promise<void> {
  server.closeAllConnections();
  server.close();
  await supervisor.close();
}
process.once("SIGTERM", () => void close());
process.once("disconnect", () => void close());
process.channel?.unref();
