import { Processor } from "datagraph";
import { disk } from "./disk.ts";
import { Manifest, Size } from "./streams.ts";

/** Counts each package's files and bytes on disk. */
export const measureSizes = new Processor({
  name: "measure sizes",
  inputs: { manifests: Manifest },
  outputs: { sizes: Size },
}).implementEach({ concurrency: 8 }, { disk }, async ({ package: { id, folder } }, { disk }, { signal }) => ({
  sizes: { id, ...(await disk.measure(folder, signal)) },
}));
