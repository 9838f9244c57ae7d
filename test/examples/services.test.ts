import { expect, inject, test } from "vitest";
import { ExampleProgram } from "./program.ts";

const FIRST = "to 1\nbe 1\nor 1\nnot 1\nto 2\nbe 2\nthat 1\nis 1\nthe 1\nquestion 1\n";

test("services streams what two workers make of a text, also when one of them is killed in the middle", async () => {
  const undisturbed = await new ExampleProgram("services", [], inject("redisUrl")).ended;
  expect(undisturbed.code).toBe(0);
  expect(undisturbed.stdout.startsWith(FIRST)).toBe(true);
  expect(undisturbed.stdout).toMatch(/^to 6\nsleep 1\nno 1\nmore 1\n$/m);
  const disturbed = await new ExampleProgram("services", ["--kill"], inject("redisUrl")).ended;
  expect(disturbed.code).toBe(0);
  expect(disturbed.stdout).toBe(undisturbed.stdout);
  // The tests' Redis keeps nothing on disk, and the API says so.
  for (const { stderr } of [undisturbed, disturbed])
    expect(stderr.replace(/^Redis at .* keeps nothing on disk .*\n/m, "")).toBe("");
}, 60_000);

test("services says that Redis cannot be reached, and ends", async () => {
  const { code, stderr } = await new ExampleProgram("services", [], "redis://user:secret@localhost:1").ended;
  expect(code).toBe(1);
  expect(stderr).toContain("Redis at localhost:1 cannot be reached (ECONNREFUSED)");
  expect(stderr).not.toContain("secret");
}, 60_000);
