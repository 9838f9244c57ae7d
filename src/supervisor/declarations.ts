import { NotImplementedHereError } from "../errors.ts";
import {
  DeclarationMismatchError,
  type DeclarationRecord,
  declarationRecord,
  differencesBetween,
} from "../processor/declaration-record.ts";
import type { Log } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import type { Announced, DeclarationBoard, RunRecord } from "../streams/store.ts";

/** How long an announcement holds, and how often it is repeated: rarely, as there may be many workers. */
const HOLDS_MS = 90_000;
const REPEAT_MS = 30_000;

/** What a run's record says of a processor. */
function recordedDeclaration({ tasks, streams }: RunRecord, task: number): DeclarationRecord {
  const { processor = "", wait = false, inputs = [], outputs = [], schemas } = tasks[task] ?? {};
  const signatures = (indices: readonly number[], digests: readonly (string | null)[] = []) =>
    indices.map((index, i) => {
      const schema = digests[i];
      return { name: streams[index]?.name ?? "", ...(typeof schema === "string" && { schema }) };
    });
  return { processor, wait, inputs: signatures(inputs, schemas?.inputs), outputs: signatures(outputs, schemas?.outputs) };
}

/** Whom a message calls the starter of a run. */
function starterOf({ id, startedBy }: RunRecord): string {
  return startedBy === undefined ? `run ${id}` : `${startedBy}, run ${id}`;
}

/**
 * Whether a process may perform a task of a run.
 *
 * @throws DeclarationMismatchError when it declares the processor differently.
 */
export function checkTaskDeclaration(record: RunRecord, task: number, implemented: AnyProcessor, implementer: string): void {
  const recorded = recordedDeclaration(record, task);
  const differences = differencesBetween(recorded, declarationRecord(implemented));
  if (differences.length === 0) return;
  const { processor } = recorded;
  throw new DeclarationMismatchError({ processor, starter: starterOf(record), implementer }, differences);
}

/**
 * Whether a process can perform a flow's processors itself: by what was bound to them, or to others of their names.
 *
 * @throws NotImplementedHereError; DeclarationMismatchError.
 */
export function checkImplemented(processors: Iterable<AnyProcessor>, implementations: ReadonlyMap<string, AnyProcessor>): void {
  const missing: string[] = [];
  for (const declared of processors) {
    if (declared.implementation) continue;
    const processor = declared.declaration.name;
    const implemented = implementations.get(processor);
    if (!implemented?.implementation) {
      missing.push(processor);
      continue;
    }
    const differences = differencesBetween(declarationRecord(declared), declarationRecord(implemented));
    if (differences.length > 0)
      throw new DeclarationMismatchError({ processor, starter: "the flow", implementer: "this process" }, differences);
  }
  if (missing.length > 0) throw new NotImplementedHereError(missing);
}

/**
 * Whether the workers that have announced themselves declare processors as the record of a new run does. No announcement is
 * fine: the run waits for workers. So is one that agrees among others that do not. Who has agreed is not asked again for a while.
 */
export class AnnouncedCheck {
  /** Until when, by declaration. */
  readonly #agreed = new Map<string, number>();

  /** @throws DeclarationMismatchError */
  async check(board: DeclarationBoard, record: RunRecord): Promise<void> {
    const now = performance.now();
    const declarations = record.tasks.map((_, task) => recordedDeclaration(record, task));
    const asked = declarations.filter((declaration) => !((this.#agreed.get(keyOf(declaration)) ?? 0) > now));
    if (asked.length === 0) return;
    const announced = await announcedOf(board, asked);
    for (const [declaration, found] of announced) {
      const mismatch = mismatchOf(record, declaration, found);
      if (mismatch) throw mismatch;
      if (found.length > 0) this.#remember(keyOf(declaration), now + AGREED_MS);
    }
  }

  #remember(key: string, until: number): void {
    // Flows that are made up as they are started must not add up.
    if (this.#agreed.size >= MAX_AGREED) this.#agreed.clear();
    this.#agreed.set(key, until);
  }
}

/** Shorter than announcements hold, so that a mistake shows nearly as early. */
const AGREED_MS = 10_000;
const MAX_AGREED = 1_000;

function keyOf(declaration: DeclarationRecord): string {
  return JSON.stringify(declaration);
}

/** The tasks whose processors are announced, but only with other declarations than the run's. */
export async function mismatchesOf(
  board: DeclarationBoard,
  record: RunRecord,
  tasks: readonly number[],
): Promise<ReadonlyMap<number, DeclarationMismatchError>> {
  const recorded = tasks.map((task) => recordedDeclaration(record, task));
  const announced = await announcedOf(board, recorded);
  return new Map(
    announced.flatMap(([declaration, found], i): [number, DeclarationMismatchError][] => {
      const mismatch = mismatchOf(record, declaration, found);
      return mismatch ? [[tasks[i] ?? 0, mismatch]] : [];
    }),
  );
}

/** Each declaration with what was announced of its processor. */
async function announcedOf(
  board: DeclarationBoard,
  declarations: readonly DeclarationRecord[],
): Promise<[DeclarationRecord, readonly Announced[]][]> {
  const announced = declarations.length === 0 ? [] : await board.announced(declarations.map(({ processor }) => processor));
  return declarations.map((declaration, i) => [declaration, announced[i] ?? []]);
}

function mismatchOf(
  record: RunRecord,
  recorded: DeclarationRecord,
  announced: readonly Announced[],
): DeclarationMismatchError | undefined {
  const compared = announced.map(({ declaration, by }) => ({ by, differences: differencesBetween(recorded, declaration) }));
  const [first] = compared;
  if (!first || compared.some(({ differences }) => differences.length === 0)) return undefined;
  const { processor } = recorded;
  return new DeclarationMismatchError({ processor, starter: starterOf(record), implementer: first.by }, first.differences);
}

/** Tells others what this process implements, until it is stopped. */
export class Announcer {
  readonly #timer: NodeJS.Timeout;

  constructor(board: DeclarationBoard, processors: readonly AnyProcessor[], by: string, log: Log) {
    const declarations = processors.map(declarationRecord);
    const announce = () => {
      // It lets mistakes show early, and nothing depends on it.
      board
        .announce(declarations, by, HOLDS_MS)
        .catch((error: unknown) => log.debug("Could not announce what is implemented here", { error }));
    };
    announce();
    this.#timer = setInterval(announce, REPEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
