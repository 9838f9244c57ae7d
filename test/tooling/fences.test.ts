import { expect, test } from "vitest";
import { codeFences, fenceModule } from "../../scripts/lib/fences.mjs";

const markdown = `# Title

\`\`\`ts
const a = 1;
\`\`\`

\`\`\`ts ignore
const ignored = ;
\`\`\`

\`\`\`sh
npm start
\`\`\`

- In a list:

  \`\`\`typescript
  await b;

    c();
  \`\`\`
`;

test("finds the TypeScript in a document, where it stands", () => {
  expect(codeFences(markdown)).toEqual([
    { line: 4, code: "const a = 1;" },
    { line: 18, code: "await b;\n\n  c();" },
  ]);
});

test("a fence's module keeps the document's line numbers", () => {
  expect(fenceModule({ line: 4, code: "a;" }).split("\n")[3]).toBe("a;");
});
