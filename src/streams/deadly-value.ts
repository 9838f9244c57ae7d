import { ProcessLostError } from "../errors.ts";
import { MOST_DELIVERIES } from "./share.ts";

/** Stands for a value that seems to end the processes that handle it, where such values are set aside. */
export class DeadlyValue {
  /** As it was read. */
  readonly value: unknown;
  /** How many processes in a row were lost while they had it in hand. */
  readonly deaths: number;
  readonly error: ProcessLostError;

  constructor(value: unknown, deaths: number, error: ProcessLostError) {
    this.value = value;
    this.deaths = deaths;
    this.error = error;
  }
}

/** Whose value it is, for messages. */
export interface ValueNames {
  readonly processor: string;
  /** Name of the stream. */
  readonly stream: string;
}

/** Whether a value that so many processes died of is not to be handled again. */
export function isDeadly(deaths: number): boolean {
  return deaths >= MOST_DELIVERIES;
}

/** Why a value is not handled again. @param index of it, from 0. */
export function deadlyError({ processor, stream }: ValueNames, index: number, deaths: number): ProcessLostError {
  return new ProcessLostError(
    `${deaths} processes that performed processor "${processor}" are gone while they handled value ${index + 1} of "${stream}"`,
  );
}
