/** Where records come from: files, HTTP APIs, Redis streams, iterables. */
export { BadRecordError, type RefusedRecord, SourceError } from "./errors.ts";
export { type FileOptions, type ReadOptions, readFiles } from "./files.ts";
export type { CsvOptions } from "./formats/format.ts";
export type { FileFormat } from "./formats/index.ts";
export { httpPages, type PageOptions, type Paging } from "./http/pages.ts";
export type { HttpOptions } from "./http/request.ts";
export type { RedisRecord } from "./redis/entries.ts";
export type { RedisStreamOptions } from "./redis/options.ts";
export { type RedisAcknowledgeOptions, redisAcknowledge, redisStream } from "./redis/source.ts";
export { files, httpRecords, iterable, type RangeOptions, range, type SourceNames, type SourceProcessor } from "./source.ts";
