/** One complaint of the compiler about one line of a file. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  /** `TS2345: …`, with the lines that explain it. */
  readonly message: string;
}

interface Expectation {
  readonly line: number;
  readonly pattern: RegExp;
  met: boolean;
}

const heading = /^(.+)\((\d+),\d+\): error (TS\d+: .*)$/;

/** Reads what `tsc --pretty false` printed. Indented lines go on with the message above them. */
export function parseDiagnostics(output: string): Diagnostic[] {
  const found: { file: string; line: number; message: string }[] = [];
  for (const text of output.split(/\r?\n/)) {
    const [, file, line, message] = heading.exec(text) ?? [];
    const last = found.at(-1);
    if (file !== undefined && message !== undefined) found.push({ file, line: Number(line), message });
    else if (last !== undefined && /^\s+\S/.test(text)) last.message += `\n${text}`;
  }
  return found;
}

/**
 * Holds a fixture's expectations against what the compiler said about it. Returns what is wrong, in one text per mistake.
 *
 * `// @expect <regular expression>` stands above a line that must not compile, and matches the whole message.
 * Several of them above one line must all be met. Every diagnostic that nothing expects is a mistake.
 */
export function judge(source: string, diagnostics: readonly Diagnostic[]): string[] {
  const expectations = expectationsIn(source);
  const unexpected = diagnostics.filter(({ line, message }) => {
    const met = expectations.filter((expectation) => expectation.line === line && expectation.pattern.test(message));
    for (const expectation of met) expectation.met = true;
    return met.length === 0;
  });
  return [
    ...expectations
      .filter(({ met }) => !met)
      .map(({ line, pattern }) => `line ${line}: expected an error that matches ${pattern}, and there is none`),
    ...unexpected.map(({ line, message }) => `line ${line}: ${message}`),
  ];
}

function expectationsIn(source: string): Expectation[] {
  const lines = source.split(/\r?\n/);
  const comment = /^\s*\/\/ @expect (.+?)\s*$/;
  return lines.flatMap((text, index) => {
    const pattern = comment.exec(text)?.[1];
    if (pattern === undefined) return [];
    let target = index + 1;
    while (comment.test(lines[target] ?? "")) target += 1;
    return [{ line: target + 1, pattern: new RegExp(pattern, "s"), met: false }];
  });
}
