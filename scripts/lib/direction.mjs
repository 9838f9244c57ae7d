/** @typedef {import("./imports.mjs").Import} Import */

/**
 * @typedef {object} Rule
 * @property {string} name
 * @property {string} why
 * @property {(found: Import) => boolean} broken
 */

/** From the library to the programs made with it: each may import those before it, never those after it. */
export const rooms = ["src", "processors", "flows", "supervisor", "examples"];

/** Libraries that only these places may load, and that nothing outside of them may cause to be loaded at start. */
const drivers = [
  {
    library: "npm:ioredis",
    homes: ["src/streams/redis/", "src/redis.ts", "src/executors/bullmq.ts", "processors/sources/redis/"],
  },
  { library: "npm:bullmq", homes: ["src/executors/bullmq.ts", "src/executors/bullmq/"] },
  { library: "npm:neo4j-driver", homes: ["processors/neo4j/"] },
  { library: "npm:piscina", homes: ["src/threads/pool.ts"] },
];

/** @param {string} file */
const isTest = (file) => file.endsWith(".test.ts");
/** @param {string} path */
const roomOf = (path) => rooms.indexOf(path.slice(0, path.indexOf("/")));
/** @param {string} path @param {...string} folders */
const isIn = (path, ...folders) => folders.some((folder) => path.startsWith(folder));

/**
 * @param {ReadonlySet<string>} installedByUsers names of the packages that a user's installation brings along
 * @returns {Rule[]}
 */
function directionRules(installedByUsers) {
  return [
    {
      name: "one way",
      why: `imports point one way: ${rooms.join(" ← ")}`,
      broken: ({ from, to }) => roomOf(from) >= 0 && roomOf(to) > roomOf(from),
    },
    {
      name: "by name",
      why: 'what is built with the library imports it as a user does: from "datagraph" or one of its subpaths',
      broken: ({ from, to, specifier }) => roomOf(from) > 0 && roomOf(to) === 0 && specifier.startsWith("."),
    },
    {
      name: "not by name",
      why: "the library's own files import each other by relative path: its name may mean another copy of it",
      broken: ({ from, specifier }) => roomOf(from) === 0 && /^datagraph(\/|$)/.test(specifier),
    },
    {
      name: "no tools",
      why: "only tests may import from test/, bench/ and scripts/: users do not get those",
      broken: ({ from, to }) => roomOf(from) >= 0 && !isTest(from) && isIn(to, "test/", "bench/", "scripts/"),
    },
    {
      name: "streams know no runs",
      why: "streams/ is below run/, supervisor/, tasks/ and flow/, and takes only the types of flow/topology.ts",
      broken: ({ from, to, type }) =>
        isIn(from, "src/streams/") &&
        !isTest(from) &&
        isIn(to, "src/run/", "src/supervisor/", "src/tasks/", "src/flow/") &&
        !(type && to === "src/flow/topology.ts"),
    },
    {
      name: "testing is for tests",
      why: "src/testing/ is a subpath for users' tests; the runtime never needs it",
      broken: ({ from, to }) => isIn(from, "src/") && !isIn(from, "src/testing/") && !isTest(from) && isIn(to, "src/testing/"),
    },
    ...drivers.flatMap(({ library, homes }) => [
      {
        name: "driver at home",
        why: `only ${homes.join(" and ")} may load ${library.slice(4)}`,
        /** @param {Import} found */
        broken: ({ from, to, type }) => roomOf(from) >= 0 && !isTest(from) && to === library && !type && !isIn(from, ...homes),
      },
      {
        name: "driver on demand",
        why: `${homes.join(" and ")} is loaded by import() where it is asked for, so that importing "datagraph" loads no driver`,
        /** @param {Import} found */
        broken: ({ from, to, type, lazy }) =>
          isIn(from, "src/") && !isTest(from) && !isIn(from, ...homes) && isIn(to, ...homes) && !type && !lazy,
      },
    ]),
    {
      name: "codecs at home",
      why: "only src/streams/codecs/ may import msgpackr",
      broken: ({ from, to }) => roomOf(from) >= 0 && !isTest(from) && to === "npm:msgpackr" && !isIn(from, "src/streams/codecs/"),
    },
    {
      name: "installed by users",
      why: "what users get imports only dependencies and peer dependencies",
      broken: ({ from, to }) =>
        roomOf(from) >= 0 &&
        !isIn(from, "examples/") &&
        !isTest(from) &&
        to.startsWith("npm:") &&
        !installedByUsers.has(to.slice(4)),
    },
  ];
}

/**
 * Rings of files that load each other. Types and `import()` do not count: neither can leave a binding undefined.
 *
 * @param {readonly Import[]} imports
 * @returns {string[][]}
 */
export function importCycles(imports) {
  /** @type {Map<string, string[]>} */
  const loads = new Map();
  for (const { from, to, type, lazy } of imports) {
    if (type || lazy) continue;
    loads.set(from, [...(loads.get(from) ?? []), to]);
  }
  /** @type {string[][]} */
  const cycles = [];
  /** @type {Set<string>} */
  const finished = new Set();
  /** @param {string} file @param {readonly string[]} path */
  const visit = (file, path) => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file]);
    if (start >= 0 || finished.has(file)) return;
    for (const next of loads.get(file) ?? []) visit(next, [...path, file]);
    finished.add(file);
  };
  for (const file of loads.keys()) visit(file, []);
  return cycles;
}

/**
 * What is wrong with these imports, one line each.
 *
 * @param {readonly Import[]} imports
 * @param {ReadonlySet<string>} installedByUsers
 * @returns {string[]}
 */
export function directionProblems(imports, installedByUsers) {
  const rules = directionRules(installedByUsers);
  const broken = imports.flatMap((found) =>
    rules
      .filter((rule) => rule.broken(found))
      .map(({ name, why }) => `${found.from}:${found.line}: imports "${found.specifier}" [${name}]: ${why}`),
  );
  const cycles = importCycles(imports).map((files) => `${files[0]}: import cycle: ${files.join(" → ")}`);
  return [...broken, ...cycles];
}
