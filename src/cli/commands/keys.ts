import type { Command } from "commander";
import { createLog } from "../../lib/log.ts";
import { isUuid } from "../../lib/uuid.ts";
import { cellColumns, tableOf } from "../output.ts";
import { type CommandParts, configOf, UsageError } from "../parts.ts";
import { untilEnded } from "../until-ended.ts";

/** Keys that are listed. Installations have a handful; the API lists the rest of more. */
const MOST_LISTED = 1000;

interface Options {
  readonly json?: boolean;
}

/** `rookery keys`: organization keys, listed and revoked at the database, for when no key is at hand. */
export function addKeys(program: Command, parts: CommandParts): void {
  const keys = program
    .command("keys")
    .helpCommand(false)
    .description(
      "List and revoke the keys of the whole organization, without a key, directly on the database.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rookery keys list\n  rookery keys revoke 019a1f5c-0d3e-7000-8a51-3f0b6c2d9e14",
    );
  keys
    .command("list")
    .description(
      "List them, newest first. On the built-in PostgreSQL only while no server runs: ask that with GET /v0/api-keys.",
    )
    .option("--json", "print as JSON")
    .addHelpText("after", "\nExamples:\n  rookery keys list\n  rookery keys list --json")
    .action((options: Options) => list(parts, options));
  keys
    .command("revoke <id...>")
    .description("Revoke them: servers that run refuse them at once, and no start brings a root key back.")
    .option("--json", "print as JSON")
    .addHelpText("after", "\nExamples:\n  rookery keys revoke 019a1f5c-0d3e-7000-8a51-3f0b6c2d9e14")
    .action((ids: string[], options: Options) => revoke(parts, ids, options));
}

async function list(parts: CommandParts, options: Options): Promise<void> {
  const config = await configOf(parts);
  const { maintain } = await import("../../installation.ts");
  const found = await untilEnded(parts, (onOpening) =>
    maintain(config, createLog(config.logLevel), ({ listKeys }) => listKeys(MOST_LISTED + 1), onOpening),
  );
  const keys = found.slice(0, MOST_LISTED);
  if (options.json === true) parts.print(JSON.stringify(keys, null, 2));
  else if (keys.length === 0)
    parts.print("There is no key of the organization. The next start makes a root key.");
  else parts.print(keyTable(keys));
  if (found.length > MOST_LISTED)
    parts.tell(`These are the newest ${MOST_LISTED}; list the others with GET /v0/api-keys.`);
}

interface ListedKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly isRoot: boolean;
  readonly createdAt: Date;
  readonly usedAt: Date | null;
}

const dayOf = (at: Date | null): string => at?.toISOString().slice(0, 10) ?? "never";

const TIMES_COLUMNS = 15;
const PREFIX_COLUMNS = 15;
const ID_COLUMNS = cellColumns(3) - PREFIX_COLUMNS - TIMES_COLUMNS;

const keyTable = (keys: readonly ListedKey[]): string =>
  tableOf(
    [
      ["id, name", ID_COLUMNS],
      ["key", PREFIX_COLUMNS],
      ["times", TIMES_COLUMNS],
    ],
    keys.map(({ id, name, prefix, isRoot, createdAt, usedAt }) => [
      `${id}\n${name}${isRoot ? " (root)" : ""}`,
      `${prefix}...`,
      `made ${dayOf(createdAt)}\nused ${dayOf(usedAt)}`,
    ]),
  );

async function revoke(parts: CommandParts, ids: readonly string[], options: Options): Promise<void> {
  const wrong = ids.filter((id) => !isUuid(id));
  if (wrong.length > 0)
    throw new UsageError(`${wrong.join(", ")} is no id of a key: \`rookery keys list\` shows them.`);
  const config = await configOf(parts);
  const { maintain } = await import("../../installation.ts");
  const revoked = await untilEnded(parts, (onOpening) =>
    maintain(config, createLog(config.logLevel), ({ revokeKeys }) => revokeKeys(ids), onOpening),
  );
  const done = new Set(revoked.map(({ id }) => id));
  const absent = ids.filter((id) => !done.has(id.toLowerCase()));
  if (options.json === true) parts.print(JSON.stringify({ revoked: [...done], absent }, null, 2));
  else for (const { id, name, prefix } of revoked) parts.print(`Revoked ${id} (${name}, ${prefix}...).`);
  if (absent.length === 0) return;
  if (options.json !== true) parts.tell(`No key of the organization has the id ${absent.join(", ")}.`);
  parts.exit(1);
}
