// Three processes on one machine, as they would be on three: an API and two workers. `--kill` kills the worker that
// counts in the middle; the answer is the same.
import { Service } from "./service.ts";

const TEXT = `To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer the slings and arrows
of outrageous fortune, or to take arms against a sea of troubles, and by opposing end them. To die: to sleep; no more.`;

const kills = process.argv.includes("--kill");
await using api = new Service("api");
await using first = new Service("worker");
await using second = new Service("worker");
const ready = (message: unknown) => String(message).startsWith("Takes tasks");
const [port] = await Promise.all([api.says(), first.says(ready), second.says(ready)]);

// Who counts?
const counts = (message: unknown) => String(message).startsWith('Task "count"') && String(message).includes("begins");
const counting = Promise.race([first, second].map((worker) => worker.says(counts).then(() => worker)));

const response = await fetch(`http://127.0.0.1:${port}/words`, { method: "POST", body: TEXT });
if (!response.ok || !response.body) throw new Error(`The API answers ${response.status}: ${await response.text()}`);
let lines = 0;
let rest = "";
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const complete = (rest + text).split("\n");
  rest = complete.pop() ?? "";
  for (const line of complete) {
    const { word, times } = JSON.parse(line) as { word: string; times: number };
    console.log(`${word} ${times}`);
    if (++lines === 10 && kills) (await counting).process.kill("SIGKILL");
  }
}
