import { UsageError } from "../exit-codes.ts";

/** The parser of an option that takes a whole number from 1. */
export function wholeNumber(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value;
    throw new UsageError(`${option} takes a whole number from 1, found ${JSON.stringify(text)}.`);
  };
}

/** The parser of an option that takes seconds; gives milliseconds. */
export function seconds(option: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value >= least && value <= MOST_SECONDS) return value * 1000;
    throw new UsageError(`${option} takes seconds, from ${least} to ${MOST_SECONDS}, found ${JSON.stringify(text)}.`);
  };
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The parser of an option that takes a length of time, as in 90s, 15m, 12h or 7d; gives milliseconds. */
export function timeSpan(option: string): (text: string) => number {
  return (text) => {
    const [, amount, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
    if (amount !== undefined) return Number(amount) * (UNITS[unit] ?? 0);
    throw new UsageError(`${option} takes a time as in 90s, 15m, 12h or 7d, found ${JSON.stringify(text)}.`);
  };
}

const MOST_SECONDS = 86_400;
