import type { Command } from "commander";
import { openEngine } from "../../app.ts";
import { createLog } from "../../lib/log.ts";
import { migrate } from "../../storage/migrate.ts";
import { type CommandParts, configOf } from "../parts.ts";

/** `rookery migrate`: brings the schema up to date and ends. */
export function addMigrate(program: Command, parts: CommandParts): void {
  program
    .command("migrate")
    .description("Apply outstanding migrations, then end. `serve` does so by itself.")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery migrate\n  DATABASE_URL=postgresql://owner@db/rookery rookery migrate --json",
    )
    .action(async (options: { json?: boolean }) => {
      const config = configOf(parts);
      const engine = await openEngine(config, createLog(config.logLevel));
      try {
        const applied = await migrate(engine);
        if (options.json === true) parts.print(JSON.stringify({ applied }));
        else
          parts.print(
            applied.length === 0
              ? "Nothing to do: the schema is up to date."
              : `Applied:\n${applied.map((name) => `  ${name}`).join("\n")}`,
          );
      } finally {
        await engine.stop();
      }
    });
}
