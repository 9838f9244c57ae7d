/** The state of a handler at one moment; made by {@link checkpoint}. */
export class Checkpoint<State = unknown> {
  /** Private, so that no emission is taken for one of these. */
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }
}

/**
 * Saves where a generator is: `yield checkpoint(state)`. All that it has yielded before is stored, then its state together
 * with its positions in the inputs that it is reading. Should its process be lost, or it be called again, the next attempt gets `task.state`, and its
 * readers begin at those positions; what was read before is dropped. Inputs that no checkpoint found open are read again
 * from their first value.
 *
 * Costs a round trip or two: once every some hundred values, or every few seconds, not for each value. In a run that this
 * process performs alone there is no other attempt, and nothing is saved, unless the handler is called again when it throws (`retry`).
 *
 * @param state plain data, of what the codec takes; within the limit of a value (`maxValueBytes`). Declare its schema as the processor's `state`.
 * @example
 * let sum = task.state ?? 0;
 * for await (const n of numbers) {
 *   yield { sum: (sum += n) };
 *   if (++count % 500 === 0) yield checkpoint(sum);
 * }
 */
export function checkpoint<State = undefined>(
  ...[state]: undefined extends State ? [state?: State] : [state: State]
): Checkpoint<State> {
  return new Checkpoint(state as State);
}
