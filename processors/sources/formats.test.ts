import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { collect } from "datagraph/testing";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, test } from "vitest";
import { type ReadOptions, type RefusedRecord, readFiles } from "./index.ts";

const folder = await mkdtemp(join(tmpdir(), "sources-"));
afterAll(() => rm(folder, { recursive: true }));

/** What is read of a file of this name and content. */
async function read(name: string, content: string | Uint8Array, options: Omit<ReadOptions, "paths"> = {}): Promise<unknown[]> {
  await writeFile(join(folder, name), content);
  return collect(readFiles({ ...options, paths: [name], cwd: folder }));
}

/** The same, with those that are refused. */
async function readWithRefused(name: string, content: string | Uint8Array) {
  const refused: RefusedRecord[] = [];
  const records = await read(name, content, { onRefused: (one) => refused.push(one) });
  return { records, refused };
}

const BOM = "\ufeff";

describe("JSON", () => {
  test("is one record, a list too, with numbers of their own kinds", async () => {
    expect(await read("a.json", `${BOM}[1, 1.0, 9007199254740993, null, "ü😀"]`)).toEqual([
      [1, { float: 1 }, 9007199254740993n, null, "ü😀"],
    ]);
  });

  test("that is none is an error with its place, without its content", async () => {
    const error = await read("b.json", '{\n  "password": hunter2\n}').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BAD_RECORD", source: "b.json", line: 2, column: 15 });
    expect(error).toMatchObject({ message: "b.json:2:15: this is not JSON." });
  });

  test("an empty file is no JSON", async () => {
    await expect(read("c.json", "")).rejects.toThrow("c.json:1:1: this is not JSON: it ends too early.");
  });
});

describe("JSON Lines", () => {
  test("empty lines, CRLF, a mark at the beginning and no end of the last line", async () => {
    expect(await read("a.jsonl", `${BOM}{"a":1}\r\n\r\n\n  \n{"a":null}\n"ü"`)).toEqual([{ a: 1 }, { a: null }, "ü"]);
    expect(await read("b.NDJSON", "")).toEqual([]);
  });

  test("what comes before a fault is read, however large the lists are in which lines come", async () => {
    const lines = Array.from({ length: 2000 }, (_, i) => i);
    await writeFile(join(folder, "f.jsonl"), `${lines.join("\n")}\n"${"x".repeat(100)}"\n`);
    const records: unknown[] = [];
    const reading = async () => {
      for await (const record of readFiles({ paths: ["f.jsonl"], cwd: folder, maxRecordBytes: 50 })) records.push(record);
    };
    await expect(reading()).rejects.toThrow("f.jsonl:2001: a line has more than 50 bytes");
    expect(records).toEqual(lines);
  });

  test("a very long line, and one that is longer than allowed", async () => {
    const text = "ü".repeat(2_000_000);
    expect(await read("c.jsonl", `${JSON.stringify(text)}\n1\n`)).toEqual([text, 1]);
    const error = read("d.jsonl", `1\n${JSON.stringify(text)}\n`, { maxRecordBytes: 1000 });
    await expect(error).rejects.toMatchObject({ code: "SOURCE", line: 2 });
  });

  test("a line that is none ends it, or is refused with its place while the others are read", async () => {
    const lines = Buffer.concat([
      Buffer.from('{"a":1}\n{"a":}\n'),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      Buffer.from('{"a":2}\n{"a"'),
    ]);
    await expect(read("e.jsonl", lines)).rejects.toMatchObject({ code: "BAD_RECORD", line: 2, column: 6 });
    const { records, refused } = await readWithRefused("e.jsonl", lines);
    expect(records).toEqual([{ a: 1 }, { a: 2 }]);
    expect(refused).toEqual([
      { source: "e.jsonl", line: 2, column: 6, problem: "e.jsonl:2:6: this is not JSON.", text: '{"a":}' },
      { source: "e.jsonl", line: 3, column: null, problem: "e.jsonl:3: expected UTF-8.", text: '"ÿ"' },
      { source: "e.jsonl", line: 5, column: 5, problem: "e.jsonl:5:5: this is not JSON: it ends too early.", text: '{"a"' },
    ]);
  });

  test("keys named like parts of the prototype are keys", async () => {
    const [record] = await read("f.jsonl", '{"__proto__":{"x":1}}');
    expect(Object.keys(record as object)).toEqual(["__proto__"]);
  });
});

describe("CSV", () => {
  test("texts by the header's names: quotes, line feeds in them, empty and missing cells, empty lines, blanks", async () => {
    const text = `${BOM}id,name,__proto__\r\n1,"a, ""b""\r\nc", x \r\n\r\n2,,\r\n3\r\nü,😀,`;
    const records = await read("a.csv", text);
    expect(records.map((record) => Object.entries(record as object))).toEqual(
      [
        ["1", 'a, "b"\r\nc', " x "],
        ["2", "", ""],
        ["3", null, null],
        ["ü", "😀", ""],
      ].map((cells) => cells.map((cell, index) => [["id", "name", "__proto__"][index], cell])),
    );
  });

  test("an empty file, and one with nothing but a header, have no records", async () => {
    expect(await read("b.csv", "")).toEqual([]);
    expect(await read("c.CSV", "a,b\n")).toEqual([]);
  });

  test("a row with too many cells is refused with its line", async () => {
    const { records, refused } = await readWithRefused("d.csv", 'a,b\n"1\n",2\n1,2,3\n4,5\n');
    expect(records).toEqual([
      { a: "1\n", b: "2" },
      { a: "4", b: "5" },
    ]);
    expect(refused).toMatchObject([{ line: 4, problem: "d.csv:4: expected at most 2 cells, as there are columns, found 3." }]);
  });

  test("two columns of one name, and a quote without its end, are errors", async () => {
    await expect(read("e.csv", "a,b,a\n1,2,3\n")).rejects.toThrow('e.csv:1: columns 1 and 3 have one name, "a"');
    await expect(read("f.csv", 'a,b\n1,"2\n3,4\n')).rejects.toThrow(/^f\.csv:\d+: this is not CSV: a quoted cell has no end\.$/);
    await expect(read("g.csv", 'a,b\n1,"2"x\n')).rejects.toMatchObject({ code: "SOURCE", line: 2 });
    await expect(read("h.csv", Buffer.from([0x61, 0x0a, 0xff, 0x0a]))).rejects.toThrow("h.csv: expected UTF-8.");
  });

  test("TSV, other delimiters, and names for files without a header", async () => {
    expect(await read("a.tsv", "a\tb\n1,5\t2\n")).toEqual([{ a: "1,5", b: "2" }]);
    expect(await read("j.csv", 'a,b\n1,5" pipe\n', { csv: { relaxQuotes: true } })).toEqual([{ a: "1", b: '5" pipe' }]);
    expect(await read("i.csv", "1;2\n", { csv: { delimiter: ";", columns: ["x", "y"] } })).toEqual([{ x: "1", y: "2" }]);
  });
});

test("text: a record per line, empty ones too", async () => {
  expect(await read("a.txt", `${BOM}ü \r\n\nlast`)).toEqual([{ line: "ü " }, { line: "" }, { line: "last" }]);
  expect(await read("b.txt", "")).toEqual([]);
});

describe("YAML", () => {
  test("1.1: truth values, numbers, dates, several documents", async () => {
    const text = [
      `${BOM}yes: yes\r\noctal: 010\nminutes: 1:30\nwhole: 1.0\nlarge: 9007199254740993\nnone: ~\n__proto__: 1`,
      "day: 2024-02-29\nlocal: 2024-01-02 03:04:05\nmoment: 2024-01-02T03:04:05.5+01:00\nfine: 2024-01-02T03:04:05.123456Z",
      "base: &b { a: 1 }\nmerged: { <<: *b, c: 2 }\nset: !!set { x, y }",
    ].join("\n---\n");
    const records = await read("a.yml", text);
    expect(records).toHaveLength(3);
    expect(Object.entries(records[0] as object)).toEqual([
      ["true", true],
      ["octal", 8],
      ["minutes", 90],
      ["whole", { float: 1 }],
      ["large", 9007199254740993n],
      ["none", null],
      ["__proto__", 1],
    ]);
    expect(records[1]).toEqual({
      day: { temporal: "date", text: "2024-02-29" },
      local: { temporal: "localDateTime", text: "2024-01-02T03:04:05" },
      moment: new Date("2024-01-02T02:04:05.500Z"),
      fine: { temporal: "zonedDateTime", text: "2024-01-02T03:04:05.123456Z" },
    });
    expect(records[2]).toEqual({ base: { a: 1 }, merged: { a: 1, c: 2 }, set: ["x", "y"] });
  });

  test("mistakes have their place; aliases cannot blow it up", async () => {
    await expect(read("b.yaml", "a: 1\nb: [1, 2\n")).rejects.toMatchObject({ code: "SOURCE", source: "b.yaml", line: 3 });
    await expect(read("c.yaml", "day: 2023-02-30\n")).rejects.toMatchObject({ line: 1, column: 6 });
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefgh".split("").map((name, i) => `${name}: &${name} [${`*${"abcdefg"[i]},`.repeat(9)}]`),
    ];
    await expect(read("d.yaml", bomb.join("\n"))).rejects.toMatchObject({ code: "BAD_RECORD" });
    expect(await read("e.yaml", "")).toEqual([]);
  });
});

test("Parquet: kinds of numbers, nulls, days and moments as they are", async () => {
  const when = new Date("2024-01-02T03:04:05.678Z");
  const columnData = [
    { name: "id", data: [9007199254740993n, null, 1n], type: "INT64" as const, nullable: true },
    { name: "count", data: [1, 2, 3], type: "INT32" as const },
    { name: "ratio", data: [1, 0.5, null], type: "DOUBLE" as const, nullable: true },
    { name: "name", data: ["ü", "", null], type: "STRING" as const, nullable: true },
    { name: "at", data: [when, when, when], type: "TIMESTAMP" as const },
  ];
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 }));
  const expected = [
    { id: 9007199254740993n, count: 1, ratio: { float: 1 }, name: "ü", at: when },
    { id: null, count: 2, ratio: 0.5, name: "", at: when },
    { id: 1, count: 3, ratio: null, name: null, at: when },
  ];
  expect(await read("a.parquet", bytes)).toEqual(expected);
  expect(await read("a.parquet.gz", zlib.gzipSync(bytes))).toEqual(expected);
  await expect(read("b.parquet", "no parquet, but long enough")).rejects.toMatchObject({ code: "SOURCE", source: "b.parquet" });
});

describe("packed", () => {
  const lines = '{"id":1}\n{"id":2}\n';
  const records = [{ id: 1 }, { id: 2 }];
  const bzip2 = Buffer.from("QlpoOTFBWSZTWTKYTdoAAAdZgAAQEAAwEAQgAAogACEoBP1QgyYhOE8aJJwvxdyRThQkDKYTdoA=", "base64");

  test("gzip, bzip2, and one in the other", async () => {
    expect(await read("a.jsonl.gz", zlib.gzipSync(lines))).toEqual(records);
    expect(await read("b.jsonl.GZ", Buffer.concat([zlib.gzipSync(lines), zlib.gzipSync(lines)]))).toEqual([
      ...records,
      ...records,
    ]);
    expect(await read("a.jsonl.bz2", bzip2)).toEqual(records);
    expect(await read("a.jsonl.bz2.gz", zlib.gzipSync(bzip2))).toEqual(records);
    expect(await read("a.gz", zlib.gzipSync(lines), { format: "jsonl" })).toEqual(records);
  });

  test("what ends too early, or is none, is an error", async () => {
    const whole = zlib.gzipSync(lines);
    await expect(read("c.jsonl.gz", whole.subarray(0, -5))).rejects.toThrow(
      /^c\.jsonl\.gz: the gzip data is damaged or ends too early/,
    );
    await expect(read("d.jsonl.bz2", bzip2.subarray(0, -5))).rejects.toThrow(
      /^d\.jsonl\.bz2: the bzip2 data is damaged or ends too early/,
    );
    await expect(read("e.jsonl.gz", "not packed")).rejects.toMatchObject({ code: "SOURCE", source: "e.jsonl.gz" });
  });

  test("zstd where Node has it, else an error that says so", async () => {
    const packed = Buffer.from("KLUv/SASkQAAeyJpZCI6MX0KeyJpZCI6Mn0K", "base64");
    const reading = read("a.jsonl.zst", packed);
    if ("createZstdDecompress" in zlib) expect(await reading).toEqual(records);
    else await expect(reading).rejects.toThrow(`zstd needs Node 22.15 or newer, this is ${process.version}`);
  });
});
