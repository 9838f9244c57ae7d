import { join } from "node:path";
import { Processor } from "datagraph";
import { disk } from "./disk.ts";
import { Manifest, Readme } from "./streams.ts";

/** Counts the words of each package's readme. */
export const readReadmes = new Processor({
  name: "read readmes",
  inputs: { manifests: Manifest },
  outputs: { readmes: Readme },
}).implementEach({ concurrency: 8 }, { disk }, async ({ package: { id, folder } }, { disk }) => {
  const name = (await disk.names(folder)).find((file) => /^readme(\.(md|markdown|txt|rst))?$/i.test(file));
  const text = name === undefined ? undefined : await disk.text(join(folder, name));
  return { readmes: { id, words: text === undefined ? null : (text.match(/\S+/g)?.length ?? 0) } };
});
