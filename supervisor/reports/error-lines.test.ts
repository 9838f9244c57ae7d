import { DeclarationError, StreamFailedError } from "datagraph";
import { expect, test } from "vitest";
import { CommandError, EXIT, InterruptedError, UsageError } from "../exit-codes.ts";
import { ModuleLoadError } from "../modules/module-load-error.ts";
import { errorLines, exitCodeOf } from "./error-lines.ts";

const brief = (error: unknown) => errorLines(error, { verbose: false });
const verbose = (error: unknown) => errorLines(error, { verbose: true });
const isStack = (line: string) => /^ {4}at /.test(line);

test("an error of the library is one line with its code", () => {
  expect(brief(new DeclarationError("Wrong.", { cause: new Error("why") }))).toEqual(["error: Wrong. [DECLARATION]"]);
  const lines = verbose(new DeclarationError("Wrong.", { cause: new Error("why") }));
  expect(lines.filter((line) => !isStack(line))).toEqual(["error: Wrong. [DECLARATION]", "  caused by Error: why"]);
  expect(lines.filter(isStack).length).toBeGreaterThan(1);
});

test("a failed run says where, and every cause", () => {
  const failure = { name: "TypeError", message: "no", processor: "read", run: "r1", attempt: 2, code: "E1" };
  const cause = new TypeError("no", { cause: new Error("because", { cause: "of this" }) });
  expect(brief(new StreamFailedError(failure, cause))).toEqual([
    'error: processor "read" failed: TypeError: no [E1] (run r1, attempt 2)',
    "  caused by Error: because",
    "  caused by of this",
    "  Run it again with --verbose for the stack.",
  ]);
  expect(verbose(new StreamFailedError(failure, cause)).filter(isStack).length).toBeGreaterThan(1);
  expect(brief(new StreamFailedError({ name: "Error", message: "m", run: "r", input: "text" }))[0]).toBe(
    'error: supplied input "text" failed: Error: m (run r)',
  );
});

test("a chain of causes that leads back to itself ends", () => {
  const a = new Error("a");
  a.cause = new Error("b", { cause: a });
  expect(brief(new StreamFailedError({ name: "Error", message: "a", run: "r" }, a)).length).toBeLessThan(12);
});

test("mistakes of the command line are one line; what nobody expected has its stack", () => {
  expect(brief(new UsageError("No."))).toEqual(["error: No."]);
  expect(brief(new CommandError("No."))).toEqual(["error: No."]);
  expect(brief(new Error("boom")).filter(isStack).length).toBeGreaterThan(0);
  expect(brief("text")).toEqual(["error: thrown: text"]);
});

test("a module's error has its own stack, where that leads anywhere", () => {
  const lines = brief(new ModuleLoadError("a.js", new RangeError("at load")));
  expect(lines[0]).toBe("error: a.js failed to load: RangeError: at load");
  expect(lines.filter(isStack).length).toBeGreaterThan(0);
  expect(brief(new ModuleLoadError("a.js", new SyntaxError("x"), "SyntaxError: x (a.js:2)"))).toEqual([
    "error: a.js failed to load: SyntaxError: x (a.js:2)",
  ]);
  expect(brief(new ModuleLoadError("a.js", 5))).toEqual(["error: a.js failed to load: thrown: 5"]);
});

test("exit codes", () => {
  expect([new UsageError(""), new CommandError(""), new DeclarationError(""), 5].map(exitCodeOf)).toEqual([EXIT.usage, 1, 1, 1]);
  expect(exitCodeOf(new InterruptedError("SIGINT", 130))).toBe(EXIT.interrupted);
  expect(brief(new InterruptedError("SIGTERM", 143))).toEqual(["interrupted (SIGTERM)"]);
});
