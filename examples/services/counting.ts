import { count } from "./words.ts";

// How `count` is performed. Should its process die, another one reads the words from the first on, counts the same and
// goes on where the dead one stopped: its results follow from its inputs alone.
count.implement(async function* ({ word }) {
  const counts = new Map<string, number>();
  for await (const each of word) {
    const times = (counts.get(each) ?? 0) + 1;
    counts.set(each, times);
    yield { counted: { word: each, times } };
  }
});
