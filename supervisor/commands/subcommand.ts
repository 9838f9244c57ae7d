import type { Command } from "commander";
import { addConnectionOptions } from "../settings/connection.ts";

/** A command of a group that looks after what is kept in a Redis. */
export function addSubcommand(group: Command, name: string, description: string, help: string): Command {
  const command = group
    .command(name)
    .description(description)
    .option("--json", "print JSON")
    .option("--verbose", "print debug messages and the stacks of errors")
    .addHelpText("after", help);
  return addConnectionOptions(command);
}
