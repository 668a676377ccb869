import Table from "cli-table3";
import type { Command } from "commander";
import { describeConfig } from "../../config.ts";
import { type CommandParts, configOf } from "../parts.ts";

/** `rookery config`: every setting as it counts, secrets masked; wrong ones are listed and end it with 2. */
export function addConfig(program: Command, parts: CommandParts): void {
  program
    .command("config")
    .description("Show every setting: its value, where it comes from and what it means.")
    .option("--json", "print as JSON")
    .addHelpText("after", "\nExamples:\n  rookery config\n  rookery config --json")
    .action((options: { json?: boolean }) => {
      const rows = describeConfig(parts.environment);
      if (options.json === true) parts.print(JSON.stringify(rows, null, 2));
      else {
        const table = new Table({
          head: ["setting", "value", "from", "meaning"],
          colWidths: [32, 26, 13, 60],
          wordWrap: true,
          style: { head: [], border: [] },
        });
        for (const row of rows) table.push([row.key, row.value, row.origin, row.doc]);
        parts.print(table.toString());
      }
      configOf(parts);
    });
}
