import { readFile } from "node:fs/promises";
import { loadProject } from "datagraph/pipelines";
import { expect, test } from "vitest";
import { folderOf } from "../support/folder.ts";

test("the project in the guide is one", async () => {
  const guide = await readFile(new URL("../../docs/guide/pipelines.md", import.meta.url), "utf8");
  const [, text = ""] = /```yaml\n(# datagraph\.yaml\n[\s\S]*?)```/.exec(guide) ?? [];
  const project = await loadProject(await folderOf({ "datagraph.yaml": text }));
  expect(project.pipelines.map(({ name }) => name)).toEqual(["people"]);
  expect((await project.schema()).nodes.map(({ name }) => name)).toEqual(["Team", "Person"]);
});
