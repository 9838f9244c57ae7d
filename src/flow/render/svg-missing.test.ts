import { expect, it, vi } from "vitest";
import { MissingPackageError } from "../../errors.ts";
import { toSvg, toText } from "./index.ts";

vi.mock("@hpcc-js/wasm-graphviz", () => {
  throw new Error("Cannot find package");
});

it("names the package that is missing and how to install it, and only for the SVG", async () => {
  const flow = { processors: [{ name: "p", inputs: [], outputs: [], wait: false, partition: 0 }], streams: [] };
  expect(toText(flow)).toContain("p");
  const error = await toSvg(flow).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MissingPackageError);
  expect(error).toMatchObject({ message: expect.stringContaining("npm install @hpcc-js/wasm-graphviz") });
});
