import type { Command } from "commander";
import type { Maintenance } from "../../installation.ts";
import { createLog } from "../../lib/log.ts";
import { type CommandParts, configOf, UsageError } from "../parts.ts";
import { untilEnded } from "../until-ended.ts";

interface Options {
  readonly acceptLoss?: boolean;
  readonly json?: boolean;
}

interface Loss {
  readonly webhooks: number;
  readonly webhooksWithHeaders: number;
  readonly domains: number;
  readonly canary: boolean;
}

/** `rookery reset-seal-key`: goes on after the seal key is permanently lost. Without --accept-loss it only says what that takes. */
export function addResetSealKey(program: Command, parts: CommandParts): void {
  program
    .command("reset-seal-key")
    .description(
      "When the seal key is permanently lost: say what it takes to go on without it, and with --accept-loss do so. Stop every server first.",
    )
    .option("--accept-loss", "make new webhook secrets and DKIM keys in place of those that cannot be read")
    .option("--json", "print as JSON")
    .addHelpText("after", "\nExamples:\n  rookery reset-seal-key\n  rookery reset-seal-key --accept-loss")
    .action((options: Options) => reset(parts, options));
}

async function reset(parts: CommandParts, options: Options): Promise<void> {
  const config = await configOf(parts);
  const { maintain } = await import("../../installation.ts");
  const work = async (maintenance: Maintenance) => {
    const lost = await maintenance.findSealLoss();
    const isNeeded = lost.canary || lost.webhooks + lost.domains > 0;
    const done = isNeeded && options.acceptLoss === true;
    if (done) await maintenance.resetSeal();
    return { lost, isNeeded, done };
  };
  const outcome = await untilEnded(parts, (onOpening) =>
    maintain(config, createLog(config.logLevel), work, onOpening),
  );
  if (options.json === true) parts.print(JSON.stringify({ lost: outcome.lost, done: outcome.done }, null, 2));
  else
    parts.print(
      outcome.isNeeded
        ? effectsOf(outcome.lost, outcome.done)
        : "Nothing is lost: the seal key opens all that is sealed.",
    );
  if (outcome.isNeeded && !outcome.done)
    throw new UsageError(
      "Nothing was changed. Look for the seal key once more (seal.key in a data directory of before, and in its backups); run this with --accept-loss when it is permanently lost.",
    );
}

function effectsOf({ webhooks, webhooksWithHeaders, domains }: Loss, done: boolean): string {
  const [get, lose, end] = done ? ["have", "have lost", "have ended"] : ["get", "lose", "end"];
  return [
    `Webhooks that ${get} a new secret: ${webhooks}. Their receivers refuse deliveries until they know it (GET /v0/webhooks/{id}).`,
    `Webhooks that ${lose} their own headers: ${webhooksWithHeaders}. Set the headers again.`,
    `Domains that ${get} a new DKIM key: ${domains}. Publish their DNS records again; until then they are not verified.`,
    `Links to attachments that were handed out ${end}.`,
  ].join("\n");
}
