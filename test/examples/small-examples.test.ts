import { describe, expect, inject, test } from "vitest";
import { ExampleProgram } from "./program.ts";

describe.each([
  ["memory", () => undefined],
  ["redis", () => inject("redisUrl")],
])("examples with streams in %s", (_, redis) => {
  test("foobar prints what its processor makes of five", async () => {
    const program = new ExampleProgram("foobar", [], redis());
    expect(await program.ended).toEqual({ code: 0, stdout: "0\n2\n4\n6\n8\n", stderr: "" });
  });

  test("endless is cancelled after as many values as asked for, and ends by itself", async () => {
    const program = new ExampleProgram("endless", ["5"], redis());
    const { code, stdout, stderr } = await program.ended;
    expect(stderr).toBe("");
    expect(stdout.split("\n").slice(0, 5)).toEqual(["2", "3", "5", "7", "11"]);
    expect(stdout.split("\n").slice(5).sort()).toEqual([
      "",
      "Cancelled: 5 are enough (after 5 primes)",
      "The source has stopped: CancelledError: Cancelled: 5 are enough",
    ]);
    expect(code).toBe(0);
  });

  test("endless goes on until Ctrl-C", async () => {
    const program = new ExampleProgram("endless", [], redis());
    await program.printed(3);
    program.interrupt();
    const { code, stdout, stderr } = await program.ended;
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^2\n3\n5\n/);
    expect(stdout).toContain("The source has stopped: CancelledError: Cancelled: Ctrl-C was pressed\n");
    expect(stdout).toMatch(/\nCancelled: Ctrl-C was pressed \(after \d+ primes\)\n/);
    expect(code).toBe(130);
  });
});

test("endless says what it expects", async () => {
  const program = new ExampleProgram("endless", ["many"]);
  expect(await program.ended).toEqual({
    code: 2,
    stdout: "",
    stderr: 'How many primes? Expected a number above 0, found "many".\n',
  });
});
