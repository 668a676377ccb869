import { styleText } from "node:util";
import type { Command } from "commander";
import { memoryBounds, readMemory } from "../../composition/memory.ts";
import { describeConfig, type SettingRow } from "../../config.ts";
import { fold } from "../fold.ts";
import { type CommandParts, configOf, defaultDataDir } from "../parts.ts";

/** `rookery config`: every effective setting, secrets masked; invalid ones are listed, with exit code 2. */
export function addConfig(program: Command, parts: CommandParts): void {
  program
    .command("config")
    .description("Show every setting: its value, where it comes from and what it means. Secrets are masked.")
    .option("--json", "print as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery config\n  rookery config --json\n  rookery config | grep PORT",
    )
    .action(async (options: { json?: boolean }) => {
      const place = { cwd: parts.cwd, defaultDataDir: await defaultDataDir(parts) };
      const rows = describeConfig(parts.environment, place, await derivedFrom(parts));
      parts.print(options.json === true ? JSON.stringify(rows, null, 2) : rows.map(entryOf).join("\n"));
      // Errors after the list, which shows the values they are about.
      await configOf(parts);
    });
}

/** What settings that are absent follow from the memory there is; nothing while another setting is wrong. */
async function derivedFrom(parts: CommandParts): Promise<Readonly<Record<string, number>>> {
  const config = await configOf(parts).catch(() => null);
  if (config === null) return {};
  const { bodyBytes, downloadBytes, smtpBytes } = memoryBounds(await readMemory(), config);
  return {
    ROOKERY_BODY_MEMORY_BYTES: bodyBytes,
    ROOKERY_DOWNLOAD_MEMORY_BYTES: downloadBytes,
    ROOKERY_SMTP_MEMORY_BYTES: smtpBytes,
  };
}

const origins: Readonly<Record<SettingRow["origin"], string>> = {
  default: "",
  environment: "   (from the environment)",
  memory: "   (from the memory there is)",
};

/** Two lines, which grep finds; on a terminal the second is folded. */
function entryOf({ key, value, origin, doc }: SettingRow): string {
  const name = styleText("bold", key, { stream: process.stdout });
  const shown = value === "" ? " (not set)" : `=${value}`;
  return `${name}${shown}${origins[origin]}\n    ${fold(doc, process.stdout, 4)}`;
}
