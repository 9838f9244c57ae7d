import type { Codec } from "../codecs/codec.ts";
import type { TaskFailureSettings } from "./redis-task-failures.ts";
import type { PositionSettings } from "./run-positions.ts";
import type { CommandSettings } from "./stream-commands.ts";

/** What a run needs of its store. */
export interface RunSettings extends PositionSettings, CommandSettings, TaskFailureSettings {
  readonly codec: Codec;
  readonly maxValueBytes: number;
  /** Set where this process supplies the run's inputs. */
  readonly supplierToken?: string;
  /** Called once when every task has settled; `here`: by what this process did. */
  readonly onEnded: (here: boolean) => void;
  /** Called in place of that when only this process is done with the run: others may have to look after it. */
  readonly onLeft: () => void;
}
