/** How the replicas of a task share one of its inputs, value by value. */
import { DeclarationError } from "../errors.ts";

/** In which order the outputs come: as the input's values do, as values are done, or for each key as its values do. */
export type ShareOrder = "input" | "none" | "key";

/** How a task is shared, the same for all of its replicas: part of the run's ledger. */
export interface Sharing {
  /** From 2 on. */
  readonly replicas: number;
  readonly order: ShareOrder;
  /**
   * Whether values that cannot be handled are set aside: those whose bytes cannot be decoded are given as `UndecodableValue`s, and those that seem to end
   * the processes that handle them as `DeadlyValue`s. Default: both throw.
   */
  readonly setsAside?: boolean;
}

/** How a handler wants an input to be shared. */
export interface ShareSettings extends Sharing {
  /** Index of the stream whose values are shared. */
  readonly input: number;
  /**
   * With the order `key`: a number for a value's key, the same wherever it is asked for. Values of the same number are never
   * handled in two replicas at the same time. @param index of the value in its stream, from 0.
   */
  readonly hashOf?: (value: unknown, index: number) => number;
}

/** A part of an input that one replica has taken. Indices are those of values, from 0; `until` is beyond the last. */
export interface Span {
  readonly lane: number;
  readonly from: number;
  readonly until: number;
  /** With which asking it was taken. */
  readonly ask?: number;
}

/** A value that was taken. Its span covers values before and after it that concern other keys: there is nothing to do for those. */
export interface SharedValue extends Span {
  readonly index: number;
  readonly value: unknown;
}

/** Values that were taken together and follow one another. */
export interface SharedPart {
  readonly values: readonly SharedValue[];
  /** Whether another attempt had them before, and was lost. */
  readonly again: boolean;
}

/** How much a replica asks for. */
export interface Wanted {
  /** So many values at most. */
  readonly max: number;
  /** Nothing before so many are there, unless the input has ended. Default 1. */
  readonly min?: number;
  /** But do not wait longer than this for so many, in milliseconds, once there are some. Default: as long as it takes. */
  readonly maxWaitMs?: number;
}

/** Values that came of a span, by the index of their stream. */
export type ShareOutputs = ReadonlyMap<number, readonly unknown[]>;

/**
 * One replica's hand in the input it shares. A value that was taken is this replica's until it says that it is done, gives it back, or
 * loses its claim; then whoever asks next gets it. What came of a value and that it is done is stored at once, and once.
 */
export interface Share {
  readonly sharing: Sharing;
  /**
   * Takes values that nobody has; waits until there are some: other replicas may be lost, or give some back. `undefined` when all the values
   * of the completed input are done. One call at a time.
   *
   * @throws StreamFailedError; CancelledError; DecodingError; FencedError; RunLostError; StoreError; ProcessLostError for values whose
   * handling seems to end processes, where they are not set aside.
   */
  take(wanted: Wanted): Promise<readonly SharedPart[] | undefined>;
  /** A span is done, and this came of it. It is stored soon, together with what else is done by then. */
  done(span: Span, outputs: ShareOutputs): void;
  /** Gives spans back that nothing was done for. */
  giveBack(spans: readonly Span[]): void;
  /** Whether the outputs have no room, or much is not stored yet: then wait for `room()`. */
  readonly full: boolean;
  /** Settles when there is room. @throws as `flush`. */
  room(): Promise<void>;
  /** Settles when all that is done is stored. @throws FencedError; CancelledError; EncodingError; StoreError; RunLostError. */
  flush(): Promise<void>;
  /** Ends waiting. @param reason thrown to whoever waits. */
  close(reason: unknown): void;
}

/** So many spans an input is handed out in at once, for each replica, where keys decide: more than one, so that they can be spread evenly. */
const LANES_PER_REPLICA = 4;

/** Into how many lanes an input is divided, each of which one replica has at a time; one lane is everybody's. */
export function lanesOf({ order, replicas }: Sharing): number {
  return order === "key" ? replicas * LANES_PER_REPLICA : 1;
}

/** Whether a handler can do its part as the others do. @throws DeclarationError. */
export function checkSharing({ order }: Sharing, { hashOf }: ShareSettings, processor: string): void {
  if ((order === "key") === (hashOf !== undefined)) return;
  const [here, there] = hashOf ? ["has", "not"] : ["has no", "so"];
  throw new DeclarationError(
    `Processor "${processor}" ${here} \`key\` in this process, and was ${there} where this run's replicas began. Implement it the same everywhere.`,
  );
}

/** How far the first value that nobody took may be ahead of the first that is not done, where results are held for their turn. */
export const WINDOW_VALUES = 4096;

/** After so many a value is a suspect: nobody gets two of those at the same time, so that a death is counted for what was its reason. */
export const SUSPECT_DELIVERIES = 2;

/** So often a value is handed out before it is taken for what ends the processes that handle it. */
export const MOST_DELIVERIES = 5;
