import { createHash } from "node:crypto";
import type { DeclarationRecord } from "../../processor/declaration-record.ts";
import type { Announced, DeclarationBoard } from "../store.ts";
import { declarationsKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/**
 * What workers implement, by processor: one entry for each different declaration, however many workers have it. Entries lapse
 * when nobody repeats them. They let a mistake show early; whether a worker performs a task is its own decision.
 */
export class Announcements implements DeclarationBoard {
  readonly #link: RedisLink;
  readonly #prefix: string;

  constructor(link: RedisLink, prefix: string) {
    this.#link = link;
    this.#prefix = prefix;
  }

  async announce(declarations: readonly DeclarationRecord[], by: string, forMs: number): Promise<void> {
    const { commands } = this.#link;
    await this.#link.run(() =>
      Promise.all(
        declarations.map((declaration) => {
          const announced: Announced = { declaration, by };
          const digest = createHash("sha256").update(JSON.stringify(declaration)).digest("base64url");
          const key = declarationsKey(this.#prefix, declaration.processor);
          return commands.dgAnnounce(key, forMs, digest, JSON.stringify(announced));
        }),
      ),
    );
  }

  async announced(processors: readonly string[]): Promise<readonly (readonly Announced[])[]> {
    const { commands } = this.#link;
    const replies = await this.#link.run(() =>
      Promise.all(processors.map((processor) => commands.dgAnnounced(declarationsKey(this.#prefix, processor)))),
    );
    return replies.map((reply) => (reply as string[]).map((text) => JSON.parse(text) as Announced));
  }
}
