import type { ResultSummary } from "neo4j-driver";
import type { WriteStatistics } from "../../graph/index.ts";

const nothing: Required<WriteStatistics> = {
  nodesCreated: 0,
  nodesDeleted: 0,
  relationshipsCreated: 0,
  relationshipsDeleted: 0,
  propertiesSet: 0,
};

/** What statements have done together, as the server counts it. */
export class Statistics {
  #total = nothing;

  add({ counters }: ResultSummary): void {
    const { nodesCreated, nodesDeleted, relationshipsCreated, relationshipsDeleted, propertiesSet } = counters.updates();
    const total = this.#total;
    this.#total = {
      nodesCreated: total.nodesCreated + nodesCreated,
      nodesDeleted: total.nodesDeleted + nodesDeleted,
      relationshipsCreated: total.relationshipsCreated + relationshipsCreated,
      relationshipsDeleted: total.relationshipsDeleted + relationshipsDeleted,
      propertiesSet: total.propertiesSet + propertiesSet,
    };
  }

  get total(): WriteStatistics {
    return this.#total;
  }
}
