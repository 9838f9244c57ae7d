import { hookIdentity, operationIdentity } from "./identity.ts";
import type { DesiredIngestion, NodeOperation, RelationshipOperation } from "./model.ts";

/** A part of one ingestion. */
export interface Contribution<Operation> {
  readonly index: number;
  readonly operation: Operation;
}

/** A list of ingestions and which of them are refused. Searches run only when something was refused: nothing is kept for them. */
export class Refusals {
  readonly #ingestions: readonly DesiredIngestion[];
  readonly #refused = new Map<number, Error>();

  constructor(ingestions: readonly DesiredIngestion[]) {
    this.#ingestions = ingestions;
  }

  /** By position in the list. */
  get refused(): ReadonlyMap<number, Error> {
    return this.#refused;
  }

  check(problemOf: (ingestion: DesiredIngestion) => Error | undefined): void {
    for (const [index, ingestion] of this.#ingestions.entries()) {
      const problem = problemOf(ingestion);
      if (problem) this.#refused.set(index, problem);
    }
  }

  /** The first reason stays. */
  refuse(index: number, reason: Error): void {
    if (!this.#refused.has(index)) this.#refused.set(index, reason);
  }

  *accepted(): Generator<DesiredIngestion> {
    for (const [, ingestion] of this.#entries()) yield ingestion;
  }

  /** What each ingestion wants of a node. */
  nodesOf(identity: string): readonly Contribution<NodeOperation>[] {
    return this.#contributions(
      ({ nodes, relationships }) => [...nodes, ...relationships.flatMap(({ from, to }) => [from, to])],
      (operation) => operationIdentity(operation) === identity,
    );
  }

  /** What each ingestion wants of a relationship. */
  relationshipsThat(match: (operation: RelationshipOperation) => boolean): readonly Contribution<RelationshipOperation>[] {
    return this.#contributions(({ relationships }) => relationships, match);
  }

  /** Ingestions that ask for a hook. */
  withHook(identity: string): readonly number[] {
    return [...this.#entries()]
      .filter(([, { hooks }]) => hooks.some((hook) => hookIdentity(hook) === identity))
      .map(([index]) => index);
  }

  #contributions<Operation>(
    operationsOf: (ingestion: DesiredIngestion) => readonly Operation[],
    match: (operation: Operation) => boolean,
  ): readonly Contribution<Operation>[] {
    return [...this.#entries()].flatMap(([index, ingestion]) =>
      operationsOf(ingestion)
        .filter(match)
        .map((operation) => ({ index, operation })),
    );
  }

  *#entries(): Generator<[index: number, ingestion: DesiredIngestion]> {
    for (const [index, ingestion] of this.#ingestions.entries()) {
      if (!this.#refused.has(index)) yield [index, ingestion];
    }
  }
}
