// The lint rule for which folder may import which: `npm run lint` and `npm run check` run it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { directionProblems, rooms } from "./lib/direction.mjs";
import { readImports } from "./lib/imports.mjs";
import { root } from "./lib/project.mjs";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const installedByUsers = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));

const imports = readImports(root, [...rooms, "test", "bench", "scripts"]);
const problems = directionProblems(imports, installedByUsers);
for (const problem of problems) console.error(problem);
console.log(`${imports.length} imports, ${problems.length} pointing the wrong way`);
process.exitCode = problems.length === 0 ? 0 : 1;
