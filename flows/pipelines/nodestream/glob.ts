/**
 * A glob of Python's as one of ours: there `*`, `?`, `[…]` and `**` mean something, and nothing else does.
 *
 * Source: Python's `glob` and `fnmatch`.
 */
export function pythonGlob(pattern: string): string {
  return pattern.replaceAll(/\[[!\]]?[^\]]*\]|[\\{}()!+@|]/g, (part) => {
    if (part.startsWith("[") && part.length > 1) return part;
    return `\\${part}`;
  });
}
