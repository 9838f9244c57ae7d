// One of the processes of a measurement that takes several: `process.mjs MODULE JSON` calls `main` of the TypeScript
// module beside this file.
import { createJiti } from "jiti";

const [module = "", options = "{}"] = process.argv.slice(2);
const jiti = createJiti(import.meta.url, { interopDefault: false });
/** @type {{ main(options: unknown): Promise<void> }} */
const { main } = await jiti.import(`./${module}`);
await main(JSON.parse(options));
