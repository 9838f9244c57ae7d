import { UsageError } from "../exit-codes.ts";

/** Decodes UTF-8, also where a character is cut in two. A byte order mark is left out. @throws UsageError for other bytes. */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>, label: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new UsageError(`${label}: expected text in UTF-8, found other bytes.`);
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}
