import { DeclarationError } from "datagraph";
import { parseJson } from "../../json/parse.ts";
import { SourceError } from "../errors.ts";
import { bodyOf, describeUrl, type HttpOptions, parseUrl, request } from "./request.ts";

/** How a page names the one after it. Paths are names separated by dots. */
export type Paging =
  /** A `Link` header with `rel="next"` (RFC 8288). */
  | { readonly by: "link" }
  /** The next page's URL is in the page. */
  | { readonly by: "url"; readonly path: string }
  /** A cursor is in the page, and goes into the query. */
  | { readonly by: "cursor"; readonly path: string; readonly parameter: string }
  /** The number of records so far goes into the query, until a page has none. */
  | { readonly by: "offset"; readonly parameter: string };

export interface PageOptions extends HttpOptions {
  readonly url: string | URL;
  /** Where in a page its records are: names separated by dots. Default: the page is a list of records, or a record. */
  readonly records?: string;
  /** Default: there is one page. */
  readonly paging?: Paging;
  /** The largest page, in bytes. Default 64 MiB. */
  readonly maxPageBytes?: number;
}

/**
 * The records of an HTTP API that answers with JSON, page by page. A page is asked for when the one before it is used up.
 *
 * @throws DeclarationError at once; SourceError when it is iterated.
 */
export function httpPages(options: PageOptions): AsyncIterable<unknown> {
  const start = parseUrl(options.url);
  const { paging, maxPageBytes = 1 } = options;
  if (!Number.isSafeInteger(maxPageBytes) || maxPageBytes < 1) {
    throw new DeclarationError(`HTTP: expected "maxPageBytes" to be a whole number from 1, found ${maxPageBytes}.`);
  }
  return {
    async *[Symbol.asyncIterator]() {
      const seen = new Set<string>();
      let read = 0;
      for (let url: URL | undefined = start; url !== undefined; ) {
        if (seen.has(url.href)) throw new SourceError(describeUrl(url), "a page names itself, or one before it, as the next one");
        seen.add(url.href);
        const { page, link } = await readPage(url, withHeadersFor(url, start, options));
        const records = recordsOf(page, url, options.records);
        yield* records;
        read += records.length;
        url = nextUrl({ page, link, url, read, last: records.length === 0 }, paging);
      }
    },
  };
}

/** Headers may carry credentials: another origin, which a page names, does not get them. */
function withHeadersFor(url: URL, start: URL, options: PageOptions): PageOptions {
  return url.origin === start.origin ? options : { ...options, headers: {} };
}

async function readPage(url: URL, options: PageOptions) {
  const { maxPageBytes = 64 * 1024 * 1024 } = options;
  const response = await request(url, { ...options, headers: { accept: "application/json", ...options.headers } });
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of bodyOf(url, response, options)) {
    size += part.byteLength;
    if (size > maxPageBytes)
      throw new SourceError(describeUrl(url), `a page has more than ${maxPageBytes} bytes, which "maxPageBytes" allows`);
    parts.push(part);
  }
  try {
    return {
      page: parseJson(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts))),
      link: response.headers.get("link"),
    };
  } catch (cause) {
    throw new SourceError(describeUrl(url), "the answer is not JSON", { cause });
  }
}

function recordsOf(page: unknown, url: URL, path: string | undefined): readonly unknown[] {
  if (path === undefined) return Array.isArray(page) ? page : [page];
  const found = at(page, path);
  if (Array.isArray(found)) return found;
  throw new SourceError(describeUrl(url), `expected a list of records at "${path}" in the page, found none`);
}

interface Read {
  readonly page: unknown;
  readonly link: string | null;
  readonly url: URL;
  readonly read: number;
  readonly last: boolean;
}

function nextUrl({ page, link, url, read, last }: Read, paging: Paging | undefined): URL | undefined {
  if (paging === undefined) return undefined;
  if (paging.by === "offset") return last ? undefined : withParameter(url, paging.parameter, String(read));
  const found = paging.by === "link" ? nextLink(link) : at(page, paging.path);
  if (found === undefined || found === null || found === "") return undefined;
  if (paging.by === "cursor") return withParameter(url, paging.parameter, String(found));
  const next = typeof found === "string" && URL.canParse(found, url.href) ? new URL(found, url) : undefined;
  if (next?.protocol === "http:" || next?.protocol === "https:") return next;
  throw new SourceError(describeUrl(url), "expected the next page's address, http or https, found something else");
}

function withParameter(url: URL, name: string, value: string): URL {
  const next = new URL(url);
  next.searchParams.set(name, value);
  return next;
}

/** The address of the relation "next" in a Link header. */
export function nextLink(header: string | null): string | undefined {
  for (const [, address, parameters = ""] of (header ?? "").matchAll(
    /<([^>]*)>((?:\s*;\s*[^\s=;,]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g,
  )) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters) ?? [];
    if ((quoted ?? bare ?? "").toLowerCase().split(/\s+/).includes("next")) return address;
  }
  return undefined;
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = Reflect.get(found, name);
  }
  return found;
}
