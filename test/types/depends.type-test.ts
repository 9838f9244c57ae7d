import { type Dependency, depends, Processor, stream } from "datagraph";
import { type Equal, same } from "./equal.ts";

class Database {
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
}

// What a factory of any kind provides.
const config = depends(() => ({ url: "db:" }));
const later = depends(async () => 5, { scope: "process" });
const list = depends(() => [1, 2]);
const database = depends({ config }, async function* ({ config }) {
  same<Equal<typeof config, { url: string }>>();
  yield new Database(config.url);
});
const counter = depends(function* () {
  yield 1 as const;
});
const nested = depends({ database, later }, async ({ database, later }) => `${database.url}${later.toFixed()}`);
same<Equal<typeof config, Dependency<{ url: string }>>>();
same<Equal<typeof later, Dependency<number>>>();
same<Equal<typeof list, Dependency<number[]>>>();
same<Equal<typeof database, Dependency<Database>>>();
same<Equal<typeof counter, Dependency<1>>>();
same<Equal<typeof nested, Dependency<string>>>();

const double = () => new Processor({ name: "double", inputs: { n: stream<number>() }, outputs: { m: stream<number>() } });

// Handlers get their values by name, beside their inputs.
double().implement({ database, factor: later }, async function* ({ n, database, factor }, task) {
  same<Equal<typeof database, Database>>();
  same<Equal<typeof factor, number>>();
  for await (const value of n) yield { m: value * factor + task.attempt };
});
double().implementEach({}, { factor: later }, (value, { factor }) => ({ m: value * factor }));
double().implementBatch({ maxSize: 5 }, { nested }, (values, { nested }) => {
  same<Equal<typeof nested, string>>();
  return values.map((m) => ({ m }));
});

// @expect Property 'config' does not exist
double().implement({ database }, async function* ({ config }) {
  yield { m: 1 };
});
// @expect Property 'nope' does not exist
depends({ database }, ({ nope }) => nope);
// @expect Type 'number' is not assignable to type 'Dependency<unknown>'
double().implement({ database: 5 }, async function* () {
  yield { m: 1 };
});
// @expect Output \\"m\\" of processor \\"double\\" gets a value of the wrong type
double().implementEach({}, { nested }, (_value, { nested }) => ({ m: nested }));
// @expect No overload matches this call
depends(() => 1, { scope: "thread" });
