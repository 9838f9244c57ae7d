import { DeadlyValue, deadlyError, isDeadly, type ValueNames } from "../streams/deadly-value.ts";
import type { Claim, Following } from "../streams/store.ts";
import { areKnown, type Suspects } from "../streams/suspects.ts";
import type { Drive } from "./drive-each.ts";
import { emitAll } from "./emit-all.ts";
import { ListReader } from "./list-reader.ts";

/** What taking care works with. */
export interface CarefulDrive extends Drive {
  readonly following: Following;
  readonly claim: Pick<Claim, "hold">;
  readonly suspects: Suspects;
  /** Whether a call gets a list of values. */
  readonly inLists: boolean;
  /** Handles values without care. */
  readonly handle: (drive: Drive) => Promise<void>;
  /** Of the processor and its input, for messages. */
  readonly names: ValueNames;
}

/**
 * Handles values while one of them may be why earlier attempts were lost with their processes: says which are in hand before they are
 * handled, and takes no others before what came of them is stored. Those that were in hand when an attempt was lost are handled one by one,
 * and one that too many have died of is set aside; of others it takes more at once, the more have passed.
 *
 * @returns how far the input is: from there on no care need be taken.
 */
export async function driveCarefully(careful: CarefulDrive): Promise<number> {
  const { reader, emitter, following, claim, suspects } = careful;
  const { from } = following;
  let position = from;
  while (areKnown(suspects) ? position < suspects.until : position - from < MOST_UNDER_WAY) {
    if (!(await reader.wait())) return position;
    const list = following.listFrom(position);
    // A list of which a part is written stays one, also when its values are handled one by one.
    if (list?.exact) position = await handleApart(careful, position, list.until);
    else if (isAmong(suspects, position)) position = await handleApart(careful, position, position + 1);
    else
      position = await handleTogether(
        careful,
        position,
        Math.min(position - from + 1, MOST_TOGETHER, (list ?? NOWHERE).until - position),
      );
    await emitter.flush();
  }
  await claim.hold(undefined);
  return position;
}

function isAmong(suspects: Suspects, position: number): boolean {
  return areKnown(suspects) && position >= suspects.from;
}

/** Handles so many values at most as if there were no others. */
async function handleTogether(careful: CarefulDrive, position: number, most: number): Promise<number> {
  const { reader, suspects, handle } = careful;
  const values = reader.take(areKnown(suspects) ? Math.min(most, suspects.from - position) : most) ?? [];
  const until = position + values.length;
  await hold(careful, position, until);
  await handle({ ...careful, reader: new ListReader(values, reader), from: position });
  return until;
}

/** Handles values one after the other, as one list. */
async function handleApart(careful: CarefulDrive, from: number, until: number): Promise<number> {
  const { reader, emitter, following, inLists, call, onBegin } = careful;
  let isBusy = false;
  onBegin(() => isBusy);
  if (inLists) following.emits(until);
  for (let position = from; position < until; position++) {
    if (!(await reader.wait())) return position;
    const [value] = reader.take(1) ?? [];
    const item = await takenWithCare(careful, value, position);
    isBusy = true;
    await emitAll(await call(inLists ? [item] : item), emitter);
    isBusy = false;
    if (emitter.full) await emitter.room();
  }
  following.reached(until);
  return until;
}

/** The value, once it is known to be in hand; or what stands for it where it is not to be handled again. */
async function takenWithCare(careful: CarefulDrive, value: unknown, index: number): Promise<unknown> {
  const { suspects, names } = careful;
  const { from, until, deaths } = suspects;
  if (from === index && until === index + 1 && isDeadly(deaths)) {
    return new DeadlyValue(value, deaths, deadlyError(names, index, deaths));
  }
  await hold(careful, index, index + 1);
  return value;
}

async function hold({ claim, signal }: CarefulDrive, from: number, until: number): Promise<void> {
  await claim.hold({ from, until });
  if (signal.aborted) throw signal.reason;
}

/** So many values an attempt may have had under way, or a few more: where it has stored nothing of them, any may be why it was lost. */
const MOST_UNDER_WAY = 8192;
/** Should an attempt be lost with so many in hand, the next one handles them one by one. */
const MOST_TOGETHER = 512;
const NOWHERE = { until: Number.POSITIVE_INFINITY };
