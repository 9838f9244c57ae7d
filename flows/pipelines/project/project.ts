import { type ConnectorChoice, ConnectorOptionsError, findConnector, UnknownConnectorError } from "datagraph/graph";
import { type GraphSchema, type InferenceOptions, mergeSchemas } from "datagraph/interpret";
import { type Pipeline, pipeline, type Target } from "../pipeline.ts";
import type { DeadLetterChoice, PipelineStep } from "../steps/step.ts";
import { refuse } from "../yaml/errors.ts";
import { locateKey } from "../yaml/locate.ts";
import type { Place, YamlNode } from "../yaml/node.ts";
import { UnknownNameError } from "./errors.ts";

/** What a project's files say that has no effect here. */
export interface ProjectNote extends Place {
  readonly note: string;
}

/** A pipeline of a project, as it is listed; its steps are read when it is loaded. */
export interface PipelineEntry {
  /** What it is called, and what is stamped on what it writes. */
  readonly name: string;
  /** Names its processors: its name, or with its scope where several have that name. */
  readonly id: string;
  readonly scope?: string;
  /** The file that has its steps, as it is shown. */
  readonly file: string;
  /** The targets that it writes to unless more are asked for. */
  readonly targets: readonly string[];
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly deadLetter?: DeadLetterChoice;
  /** @throws ProjectFileError. */
  readSteps(): Promise<readonly PipelineStep[]>;
}

/** A target as it is declared; its options are read when it is asked for, as they may come from the environment. */
export interface TargetEntry {
  readonly node: YamlNode;
  read(): Target;
}

export interface ProjectContent {
  readonly path: string;
  readonly format: "datagraph" | "nodestream";
  readonly pipelines: readonly PipelineEntry[];
  readonly targets: ReadonlyMap<string, TargetEntry>;
  readonly notes: readonly ProjectNote[];
  /** Whether additional types are part of its schema. Default false. */
  readonly additionalTypes?: boolean;
}

/** Pipelines and targets, as a project's files declare them. Made by `loadProject`. */
export class Project {
  /** Its file, as it is shown. */
  readonly path: string;
  readonly format: "datagraph" | "nodestream";
  readonly pipelines: readonly PipelineEntry[];
  /** The names of its targets. */
  readonly targets: readonly string[];
  readonly notes: readonly ProjectNote[];
  readonly #targets: ReadonlyMap<string, TargetEntry>;
  readonly #additionalTypes: boolean;

  constructor({ path, format, pipelines, targets, notes, additionalTypes = false }: ProjectContent) {
    this.path = path;
    this.format = format;
    this.pipelines = pipelines;
    this.targets = [...targets.keys()];
    this.notes = notes;
    this.#additionalTypes = additionalTypes;
    this.#targets = targets;
  }

  /** The pipelines of these names, in this order; all for none. @throws UnknownNameError. */
  select(names: readonly string[] = []): readonly PipelineEntry[] {
    if (names.length === 0) return this.pipelines;
    return names.flatMap((name) => {
      const found = this.pipelines.filter((one) => one.name === name || one.id === name);
      const known = [...new Set(this.pipelines.map((one) => one.name))];
      if (found.length === 0) throw new UnknownNameError("pipeline", name, known, this.path);
      return found;
    });
  }

  /**
   * How to reach a target, and how to write to it: fit for `connect` and for pipelines.
   *
   * @throws UnknownNameError; ProjectFileError for an unknown connector and for options that it refuses.
   */
  async connector(name: string): Promise<Target & ConnectorChoice> {
    const entry = this.#targets.get(name);
    if (!entry) throw new UnknownNameError("target", name, this.targets, this.path);
    const target = entry.read();
    try {
      const connector = typeof target.connector === "string" ? await findConnector(target.connector) : target.connector;
      connector.parse(target.options);
    } catch (error) {
      const option = error instanceof ConnectorOptionsError ? error.option : "connector";
      if (!(error instanceof ConnectorOptionsError || error instanceof UnknownConnectorError)) throw error;
      refuse(locateOption(entry.node, option), error.message.replace(/\.$/, ""), { cause: error });
    }
    return target;
  }

  /**
   * A pipeline, ready to be made a flow.
   *
   * @param options.targets more of them, by name. @param options.offline leaves out how targets are reached, and modules of functions, for pictures.
   * @throws ProjectFileError; UnknownNameError.
   */
  async load(
    entry: PipelineEntry,
    options: { readonly targets?: readonly string[]; readonly offline?: boolean } = {},
  ): Promise<Pipeline> {
    const names = [...new Set([...entry.targets, ...(options.targets ?? [])])];
    const targets: Target[] = [];
    for (const name of names) targets.push(options.offline ? this.#offline(name) : await this.connector(name));
    const { deadLetter } = entry;
    const steps = await entry.readSteps();
    if (!options.offline) for (const step of steps) if (step.role === "record") await step.load?.();
    return pipeline({
      name: entry.name,
      id: entry.id,
      steps,
      targets,
      ...(deadLetter !== undefined && { deadLetter }),
    });
  }

  /**
   * The schema of the graph that these pipelines make; all of them for none.
   *
   * @param options.additionalTypes default: what the project says (`include_additional_types`). @throws SchemaConflictError; as `load`.
   */
  async schema(
    names: readonly string[] = [],
    { additionalTypes = this.#additionalTypes }: InferenceOptions = {},
  ): Promise<GraphSchema> {
    const schemas: GraphSchema[] = [];
    for (const entry of this.select(names)) {
      schemas.push((await this.load(entry, { offline: true })).schema({ additionalTypes }));
    }
    return mergeSchemas(...schemas);
  }

  #offline(name: string): Target {
    if (!this.#targets.has(name)) throw new UnknownNameError("target", name, this.targets, this.path);
    return { name, connector: "null" };
  }
}

/** nodestream's names of what is called otherwise here. */
const otherNames: Readonly<Record<string, string>> = { database: "database_name", connector: "database" };

function locateOption(node: YamlNode, option: string): Place {
  const snake = option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const names = [option, snake, otherNames[option] ?? option];
  const places = names.flatMap((name) => [[], ["options"]].map((path) => locateKey(node, path, name)));
  return places.find((place) => place.line !== node.place.line || place.column !== node.place.column) ?? node.place;
}
