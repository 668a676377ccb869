import type { Command } from "commander";
import { createLog } from "../../lib/log.ts";
import { type CommandParts, configOf } from "../parts.ts";
import { untilEnded } from "../until-ended.ts";

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
      const config = await configOf(parts);
      const log = createLog(config.logLevel);
      const { openEngine } = await import("../../storage/engines/open-engine.ts");
      const { migrate } = await import("../../storage/migrate.ts");
      const applied = await untilEnded(parts, async (onOpening) => {
        const opening = openEngine(config, (line) => log.info({}, line));
        onOpening(opening);
        const engine = await opening;
        try {
          return await migrate(engine);
        } finally {
          await engine.stop();
        }
      });
      parts.print(options.json === true ? JSON.stringify({ applied }) : sentenceOn(applied));
    });
}

function sentenceOn(applied: readonly string[]): string {
  return applied.length === 0
    ? "Nothing to do: the schema is up to date."
    : `Applied:\n${applied.map((name) => `  ${name}`).join("\n")}`;
}
