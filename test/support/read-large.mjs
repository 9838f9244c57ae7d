// Reads large files in a folder and prints how many records there were, and by how much the process grew meanwhile, in MB.
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readFiles } from "datagraph/sources";

const folder = process.argv[2] ?? ".";

/** Lines of about 100 bytes, a thousand at once. @param {(row: number) => string} line @param {number} rows @param {string} header */
function* lines(line, rows, header) {
  yield header;
  for (let row = 0; row < rows; row += 1000) yield Array.from({ length: 1000 }, (_, index) => line(row + index)).join("");
}

/** @param {string} name @param {(row: number) => string} line @param {number} rows */
async function write(name, rows, line, header = "") {
  await pipeline(Readable.from(lines(line, rows, header)), createWriteStream(join(folder, name)));
}

const text = "x".repeat(80);
await write("large.jsonl", 1_200_000, (row) => `{"id":${row},"text":"${text}"}\n`);
await write("large.csv", 300_000, (row) => `${row},${text},y\n`, "id,text,flag\n");

let most = 0;
/** @param {string} name */
async function count(name) {
  let records = 0;
  for await (const _ of readFiles({ paths: [name], cwd: folder })) {
    if (records++ % 10_000 === 0) most = Math.max(most, process.memoryUsage.rss());
  }
  await rm(join(folder, name));
  return records;
}

const before = process.memoryUsage.rss();
const [jsonl, csv] = [await count("large.jsonl"), await count("large.csv")];
process.stdout.write(JSON.stringify({ jsonl, csv, grownMb: Math.round((most - before) / 2 ** 20) }));
