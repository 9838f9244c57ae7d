import { Processor } from "datagraph";
import { Licence, Package, Readme, Report, Size } from "./streams.ts";

/** Puts together what the others found, once they have found all of it. */
export const writeReport = new Processor({
  name: "write report",
  wait: true,
  inputs: { licences: Licence, sizes: Size, readmes: Readme, absent: Package },
  outputs: { report: Report },
}).implement(async (inputs) => {
  const [licences, sizes, readmes, absent] = await Promise.all([
    inputs.licences.toArray(),
    inputs.sizes.toArray(),
    inputs.readmes.toArray(),
    inputs.absent.toArray(),
  ]);
  const bySize = sizes.toSorted((a, b) => b.bytes - a.bytes);
  const [longestReadme] = readmes.filter(({ words }) => words !== null).sort((a, b) => (b.words ?? 0) - (a.words ?? 0));
  return {
    report: {
      installed: licences.length,
      skipped: absent.filter(({ optional }) => optional).length,
      missing: absent.flatMap(({ id, optional }) => (optional ? [] : [id])),
      files: sum(sizes.map(({ files }) => files)),
      bytes: sum(sizes.map(({ bytes }) => bytes)),
      licences: counted(licences.map(({ licence }) => licence)),
      largest: bySize.slice(0, TOP),
      longestReadme,
      withoutReadme: readmes.flatMap(({ id, words }) => (words === null ? [id] : [])),
    },
  };
});

const TOP = 8;

/** How often each licence occurs, the most frequent first. */
function counted(names: readonly string[]): { licence: string; packages: number }[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const all = [...counts].map(([licence, packages]) => ({ licence, packages }));
  return all.sort((a, b) => b.packages - a.packages || a.licence.localeCompare(b.licence, "en"));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
