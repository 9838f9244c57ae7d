/**
 * @typedef {object} Fence
 * @property {number} line  of the first line of code, counted from 1
 * @property {string} code
 */

/**
 * The TypeScript code in a Markdown text, without the fences marked `ignore`.
 *
 * @param {string} markdown
 * @returns {Fence[]}
 */
export function codeFences(markdown) {
  /** @type {Fence[]} */
  const fences = [];
  /** @type {{ marker: string, indent: number, line: number, wanted: boolean, code: string[] } | undefined} */
  let open;
  for (const [index, text] of markdown.split(/\r?\n/).entries()) {
    const marker = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(text);
    if (open === undefined) {
      if (marker === null) continue;
      const [language, ...attributes] = (marker[3] ?? "").split(/\s+/);
      const wanted = (language === "ts" || language === "typescript") && !attributes.includes("ignore");
      open = { marker: marker[2] ?? "", indent: marker[1]?.length ?? 0, line: index + 2, wanted, code: [] };
    } else if (marker?.[2]?.startsWith(open.marker) && marker[3] === "") {
      if (open.wanted) fences.push({ line: open.line, code: open.code.join("\n") });
      open = undefined;
    } else {
      open.code.push(text.slice(0, open.indent).trim() === "" ? text.slice(open.indent) : text);
    }
  }
  return fences;
}

/**
 * The fence as a module. Its code stands on the same lines as in the document, so that the compiler's line numbers fit.
 *
 * @param {Fence} fence
 */
export function fenceModule({ line, code }) {
  return `${"\n".repeat(line - 1)}${code}\n`;
}
