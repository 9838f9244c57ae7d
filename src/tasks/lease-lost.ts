import { channel } from "node:diagnostics_channel";

/**
 * A task whose lease was lost while this process performed it: another attempt has taken its place, and what this one still
 * writes is refused. Published on the channel `datagraph:lease_lost` of Node's `diagnostics_channel`, for metrics to count.
 *
 * @example
 * subscribe("datagraph:lease_lost", (message) => {
 *   counter.inc({ processor: (message as LeaseLost).processor });
 * });
 */
export interface LeaseLost {
  readonly run: string;
  readonly processor: string;
  /** The attempt that lost it, counted from 1. */
  readonly attempt: number;
}

const leaseLost = channel("datagraph:lease_lost");

export function publishLeaseLost(lost: LeaseLost): void {
  leaseLost.publish(lost);
}
