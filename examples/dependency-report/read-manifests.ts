import { join } from "node:path";
import { Processor, type TaskContext } from "datagraph";
import type { z } from "zod";
import { disk } from "./disk.ts";
import { Manifest, Package } from "./streams.ts";

/** Reads what each package says about itself, sixteen at once; tells apart what is not installed. */
export const readManifests = new Processor({
  name: "read manifests",
  inputs: { packages: Package },
  outputs: { manifests: Manifest, absent: Package },
}).implementEach({ concurrency: 16 }, { disk }, async (found, { disk }, task) => {
  const text = await disk.text(join(found.folder, "package.json"));
  if (text === undefined) return { absent: found };
  return { manifests: { package: found, ...fields(text, found, task) } };
});

const Fields = Manifest.omit({ package: true });

/** One broken manifest among hundreds is worth a warning, and no reason to stop. */
function fields(text: string, { path }: Package, { log }: TaskContext): z.infer<typeof Fields> {
  try {
    return Fields.parse(JSON.parse(text.replace(/^\uFEFF/, "")));
  } catch (error) {
    log.warn(`${path}/package.json is not a manifest`, { error: String(error) });
    return {};
  }
}
