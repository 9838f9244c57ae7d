import { Processor } from "datagraph";
import { licenceOf } from "./find-licences.ts";
import { Fact, Manifest, Package } from "./streams.ts";

/** What is known of each package, installed or not, in the one form that the graph is made of. */
export const describePackages = new Processor({
  name: "describe packages",
  inputs: { manifests: Manifest, absent: Package },
  outputs: { facts: Fact },
}).implement(async function* ({ manifests, absent }) {
  for await (const { source, value } of manifests.asAvailable(absent)) {
    if (source === "absent") yield { facts: { ...common(value), installed: false, licence: value.licence ?? null, people: [] } };
    else {
      const licence = licenceOf(value) ?? null;
      yield { facts: { ...common(value.package), installed: true, licence, people: peopleOf(value) } };
    }
  }
});

function common({ id, name, version, project, needs }: Package) {
  return { id, name, version, project, needs };
}

/** Who maintains it; where nobody is named, who wrote it. */
function peopleOf({ maintainers, author }: Manifest): string[] {
  const named = [maintainers].flat().map(nameOf);
  const people = named.some((name) => name !== undefined) ? named : [nameOf(author)];
  return [...new Set(people.filter((name) => name !== undefined))];
}

/** From `"Ada (https://…) <ada@example.org>"`, or `{ name: "Ada" }`. */
function nameOf(person: unknown): string | undefined {
  if (typeof person === "object" && person !== null && "name" in person) return nameOf(person.name);
  if (typeof person !== "string") return undefined;
  return person.replaceAll(/<[^>]*>|\([^)]*\)/g, "").trim() || undefined;
}
