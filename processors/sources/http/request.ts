import { setTimeout as sleep } from "node:timers/promises";
import { DeclarationError } from "datagraph";
import { SourceError } from "../errors.ts";

/** How servers are asked. */
export interface HttpOptions {
  /** Sent with each request; those that carry credentials are not sent on to another origin by a redirect. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a server may be silent, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** How often a request is repeated that failed in passing: no connection, 408, 425, 429, 500, 502, 503, 504. Default 4. */
  readonly retries?: number;
  /** The first pause between tries, in milliseconds; each one is twice as long, at most 30 seconds. `Retry-After` is obeyed. Default 250. */
  readonly backoffMs?: number;
  /** The longest `Retry-After` that is waited for, in milliseconds. Default 120,000. */
  readonly maxRetryAfterMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 10;
const MAX_BACKOFF_MS = 30_000;
/** Headers that go to the origin they were meant for, and to no other. */
const PUBLIC_HEADERS = new Set(["accept", "accept-language", "user-agent"]);

/** The address without what may be secret: credentials, query and fragment. */
export function describeUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** @throws DeclarationError for what is no address of a web server. */
export function parseUrl(text: string | URL): URL {
  const url = URL.canParse(String(text)) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  const found = url === undefined ? "something else" : `a URL of "${url.protocol}"`;
  throw new DeclarationError(`A URL of a source: expected one that begins with http:// or https://, found ${found}.`);
}

/** A response with a body, after redirects and repetitions. @throws SourceError. */
export async function request(url: URL, options: HttpOptions = {}): Promise<Response> {
  const { retries = 4, backoffMs = 250, maxRetryAfterMs = 120_000, signal } = options;
  for (let attempt = 0; ; attempt++) {
    const pause = Math.min(backoffMs * 2 ** attempt, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2);
    let response: Response;
    try {
      response = await follow(url, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof SourceError || attempt >= retries) throw toSourceError(url, error);
      await sleep(pause, undefined, { signal });
      continue;
    }
    if (response.ok) return response;
    await response.body?.cancel();
    const wait = retryAfterMs(response.headers.get("retry-after"), Date.now()) ?? pause;
    if (!PASSING.has(response.status) || attempt >= retries || wait > maxRetryAfterMs) throw refusal(url, response, attempt + 1);
    await sleep(wait, undefined, { signal });
  }
}

/** The pause a server asks for, in milliseconds: seconds, or a date. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A response's bytes, as they come; a server that falls silent is an error. */
export async function* bodyOf(
  url: URL,
  response: Response,
  { timeoutMs = 30_000, signal }: HttpOptions,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { promise: silence, reject } = rejectable();
      const timer = setTimeout(() => reject(new SourceError(describeUrl(url), `silent for ${timeoutMs} ms`)), timeoutMs);
      const chunk = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (chunk.done) return;
      yield chunk.value;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw toSourceError(url, error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function follow(start: URL, { headers = {}, timeoutMs = 30_000, signal }: HttpOptions): Promise<Response> {
  let url = start;
  let sent = headers;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await begin(url, sent, timeoutMs, signal);
    const location = response.headers.get("location");
    if (!REDIRECTS.has(response.status) || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next?.protocol !== "http:" && next?.protocol !== "https:")
      throw new SourceError(describeUrl(start), "redirected to what is no web server");
    if (next.origin !== url.origin) sent = publicOnes(sent);
    url = next;
  }
  throw new SourceError(describeUrl(start), `redirected more than ${MAX_REDIRECTS} times, perhaps in a circle`);
}

/** Asks, and waits for the head of the response; what the body may take is another matter. */
async function begin(url: URL, headers: Readonly<Record<string, string>>, timeoutMs: number, outer: AbortSignal | undefined) {
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(new Error(`silent for ${timeoutMs} ms`)), timeoutMs);
  const signal = outer === undefined ? timer.signal : AbortSignal.any([outer, timer.signal]);
  try {
    const { target, authorization } = credentialsOf(url);
    return await fetch(target, { headers: { ...authorization, ...headers }, redirect: "manual", signal });
  } finally {
    clearTimeout(timeout);
  }
}

/** `fetch` takes no credentials in a URL. */
function credentialsOf(url: URL) {
  if (url.username === "" && url.password === "") return { target: url, authorization: {} };
  const target = new URL(url);
  target.username = "";
  target.password = "";
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { target, authorization: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}

function publicOnes(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => PUBLIC_HEADERS.has(name.toLowerCase())));
}

function refusal(url: URL, { status, statusText }: Response, attempts: number): SourceError {
  const tries = attempts === 1 ? "" : ` after ${attempts} attempts`;
  return new SourceError(describeUrl(url), `the server answered ${status}${statusText === "" ? "" : ` ${statusText}`}${tries}`);
}

function toSourceError(url: URL, error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const { cause } = error instanceof Error ? error : {};
  const reason =
    cause instanceof Error && "code" in cause ? String(cause.code) : error instanceof Error ? error.message : "unknown";
  return new SourceError(describeUrl(url), `cannot be read: ${reason}`, { cause: error });
}

function rejectable() {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, fail) => {
    reject = fail;
  });
  return { promise, reject };
}
