/** Which value of its input it may be that a task's processes die of, one after the other. */
import { SUSPECT_DELIVERIES } from "./share.ts";

/** Values of an input that follow one another: indices from 0, `until` is beyond the last. */
export interface Values {
  readonly from: number;
  readonly until: number;
}

/** Values of which one may be why attempts were lost; `deaths` says how many in a row had them in hand. */
export interface Suspects extends Values {
  readonly deaths: number;
}

/** What a ledger's task knows of that. */
export interface Suspected {
  /** How often it was lost with its process since nothing points to a value, whether it got somewhere between or not. */
  readonly lost?: number;
  /** What its attempt has in hand, where it takes care. */
  readonly inHand?: Suspects;
  /** What the last attempt that took care had in hand when it was lost. */
  readonly suspects?: Suspects;
}

/** End of those that are suspected before any attempt took care: it may be every value. */
const ANYWHERE = Number.MAX_SAFE_INTEGER;

/** What the next attempt must take care of; `undefined` where nothing points to a value. */
export function suspectsOf({ lost = 0, suspects }: Suspected): Suspects | undefined {
  if (suspects) return suspects;
  return lost >= SUSPECT_DELIVERIES ? { from: 0, until: ANYWHERE, deaths: SUSPECT_DELIVERIES } : undefined;
}

/** Whether an attempt was lost with just these in hand. */
export function areKnown({ until }: Suspects): boolean {
  return until !== ANYWHERE;
}

/** What an attempt has in hand with these values. */
export function inHand(task: Suspected, { from, until }: Values): Suspects {
  const suspects = suspectsOf(task);
  const areAmong = suspects && from >= suspects.from && until <= suspects.until;
  return { from, until, deaths: areAmong ? suspects.deaths : 0 };
}

/** What is known when an attempt is lost with its process. */
export function afterLoss({ lost = 0, inHand, suspects }: Suspected): Suspected {
  if (inHand) return { suspects: { ...inHand, deaths: inHand.deaths + 1 } };
  return { lost: lost + 1, ...(suspects && { suspects }) };
}

/** What is known when an attempt gives its task back. */
export function afterRelease({ lost, suspects }: Suspected): Suspected {
  return { ...(lost !== undefined && { lost }), ...(suspects && { suspects }) };
}
