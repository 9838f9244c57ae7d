import type { GraphNode, GraphRelationship, NodeOperation, Properties, RelationshipOperation } from "../../graph/index.ts";
import type { Context } from "../providers/compiled.ts";

/** A related node, and the relationship to it; the source node may still be to come. */
export interface Related {
  readonly node: NodeOperation;
  readonly relationship: GraphRelationship;
  readonly outbound: boolean;
  readonly rule: RelationshipOperation["rule"];
  readonly stamp: boolean;
}

/** A source node without its properties, to which more may come. */
export interface Source {
  readonly type: string;
  readonly key: Properties;
  /** What is the same for every record. */
  readonly fixed: Pick<NodeOperation, "rule" | "stamp"> & Pick<GraphNode, "additionalTypes">;
}

const NO_VARIABLES: ReadonlyMap<string, unknown> = new Map();
const NONE: readonly Related[] = [];

/** What is known of a record, or of one value of it, while it is interpreted. */
export class State implements Context {
  document: unknown;
  variables: ReadonlyMap<string, unknown> = NO_VARIABLES;
  source: Source | undefined = undefined;
  /** All of the source node's properties so far. */
  properties: Properties | undefined = undefined;
  /** Those that do not come from the source node's own interpretation. */
  more: Properties | undefined = undefined;
  related: readonly Related[] = NONE;
  /** Where the document is in the record, for errors. */
  place = "the record";

  constructor(document: unknown) {
    this.document = document;
  }

  /** Changes of the copy do not show here. Whatever a state holds is replaced, never changed. */
  copy(): State {
    const copy = new State(this.document);
    copy.variables = this.variables;
    copy.source = this.source;
    copy.properties = this.properties;
    copy.more = this.more;
    copy.related = this.related;
    copy.place = this.place;
    return copy;
  }
}

/** One interpretation, compiled. */
export type Step = (state: State) => void;
