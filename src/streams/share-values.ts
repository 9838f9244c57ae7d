import { DeadlyValue, deadlyError, isDeadly, type ValueNames } from "./deadly-value.ts";
import type { SharedPart, SharedValue, ShareSettings, Sharing, Span } from "./share.ts";
import { lanesOf } from "./share.ts";
import type { HandedOut } from "./shared-input.ts";

/** What becomes of a span that was handed out: the values in it that are to be handled, or nothing. */
export interface Sorted {
  readonly part: SharedPart | undefined;
  /** Set where none of its values is this lane's: it is done already. */
  readonly done: Span | undefined;
}

/**
 * Values that were handed out so often that they seem to end the processes that handle them.
 *
 * @throws ProcessLostError where they are not set aside.
 */
export function checkDeadly(part: SharedPart, { deliveries }: HandedOut, wishes: ShareSettings, names: ValueNames): SharedPart {
  const deaths = deliveries - 1;
  if (!isDeadly(deaths)) return part;
  const values = part.values.map((each) => {
    const error = deadlyError(names, each.index, deaths);
    if (!wishes.setsAside) throw error;
    return { ...each, value: new DeadlyValue(each.value, deaths, error) };
  });
  return { ...part, values };
}

/** Picks the values of a span's lane. Where keys decide, those of other lanes are in it as well. */
export function sortOut(
  span: HandedOut & Span,
  values: readonly unknown[],
  sharing: Sharing,
  { hashOf }: Pick<ShareSettings, "hashOf">,
): Sorted {
  const { lane, from, until, deliveries, ask } = span;
  const asked = ask === undefined ? {} : { ask };
  const lanes = lanesOf(sharing);
  const mine: SharedValue[] = [];
  for (const [i, value] of values.entries()) {
    const index = from + i;
    if (hashOf && lanes > 1 && hashOf(value, index) % lanes !== lane) continue;
    // What lies between two of them goes with the first.
    const last = mine.pop();
    if (last) mine.push({ ...last, until: index });
    mine.push({ lane, from: last ? index : from, until: index + 1, index, value, ...asked });
  }
  const last = mine.pop();
  if (!last) return { part: undefined, done: span };
  mine.push({ ...last, until });
  return { part: { values: mine, again: deliveries > 1 }, done: undefined };
}
