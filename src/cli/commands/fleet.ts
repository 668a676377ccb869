import { type Command, InvalidArgumentError } from "commander";
import type { CommandParts } from "../parts.ts";

/** Its name; of it alone 2 is no error. */
export const FLEET = "fleet";

/** `rookery fleet`: the tenants of a file, planned and applied on a server that runs. */
export function addFleet(program: Command, parts: CommandParts): void {
  const fleet = program
    .command(FLEET)
    .helpCommand(false)
    .description("Make tenants as a file says, all at once, and say where they differ from it.")
    .addHelpText(
      "after",
      `
Examples:
  rookery fleet init                     # writes fleet.yaml
  rookery fleet plan
  rookery fleet apply
  rookery fleet apply --yes --tenants tenants.txt \\
    --address 'support-{tenant}@yourapp.example'
  rookery fleet drift                    # nightly: 2 when something differs

Server: ROOKERY_BASE_URL, or http://127.0.0.1:8080. Key: ROOKERY_API_KEY, or the
root key in the data directory of this folder.
Exit codes: 0 done or nothing differs, 2 something differs (plan, drift), 1 all
that goes wrong, wrong usage as well.`,
    );
  addFiles(fleet, parts);
  addPlan(fleet, parts);
  addApply(fleet, parts);
  addReports(fleet, parts);
  addOffboard(fleet, parts);
  addRotation(fleet, parts);
}

const withFile = (command: Command): Command =>
  command
    .option("-f, --file <file>", "fleet file, YAML or .json (default: fleet.yaml)")
    .option("--tenants <file>", "a list of tenants in its place, a slug a line, or .csv or .json")
    .option(
      "--address <pattern>",
      "with --tenants: address of each, such as support-{tenant}@yourapp.example",
    );

const withScope = (command: Command): Command =>
  withFile(command)
    .option("--target <tenant>", "this tenant alone; may be repeated", collect)
    .option("--prune", "remove tenants that left the file: suspended first, deleted after its grace period")
    .option(
      "--max-delete <tenants>",
      "remove so many at most (default: 10, or a tenth of the fleet if that is more)",
      wholeNumber,
    )
    .option("--now", "with --prune: delete at once, with all mail");

function addFiles(fleet: Command, parts: CommandParts): void {
  fleet
    .command("init")
    .description("Write a fleet file to begin with, with comments.")
    .option("-f, --file <file>", "its name (default: fleet.yaml)")
    .addHelpText("after", "\nExamples:\n  rookery fleet init")
    .action(async (options) => (await import("../fleet/init.ts")).initFleet(parts, options));
  fleet
    .command("import")
    .description("Write a fleet file from the tenants that there are.")
    .option("-f, --file <file>", "its name (default: fleet.yaml)")
    .option("--stdout", "print it instead")
    .addHelpText("after", "\nExamples:\n  rookery fleet import && rookery fleet plan")
    .action(async (options) => (await import("../fleet/import.ts")).importFleet(parts, options));
}

function addPlan(fleet: Command, parts: CommandParts): void {
  withScope(fleet.command("plan"))
    .description("Show what an apply would change, and why. Changes nothing.")
    .option("-o, --out <file>", "keep the plan, for `fleet apply --plan`")
    .option("--json", "print all of it as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery fleet plan\n  rookery fleet plan --prune --out plan.json\n\nExit codes: 0 nothing to change, 2 changes, 1 all that goes wrong.",
    )
    .action(async (options) => (await import("../fleet/plan.ts")).planFleet(parts, options));
}

function addApply(fleet: Command, parts: CommandParts): void {
  withScope(fleet.command("apply"))
    .description("Make the fleet as its file says. Run again, it changes nothing; interrupted, it goes on.")
    .option(
      "--plan <file>",
      "apply this plan of `fleet plan --out` as it is; refused when it does not match any more",
    )
    .option("--export <dir>", "with --prune: write DIR/TENANT.tar with all that each of them holds first")
    .option("-y, --yes", "do not show the plan and ask first")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery fleet apply\n  rookery fleet apply --yes --target acme --target globex\n  rookery fleet apply --prune --max-delete 25 --export archives",
    )
    .action(async (options) => (await import("../fleet/apply.ts")).applyFleet(parts, options));
}

function addReports(fleet: Command, parts: CommandParts): void {
  withFile(fleet.command("status"))
    .description("List tenants with their addresses, health and differences. JSON is one flat array.")
    .option("--json", "print as JSON")
    .addHelpText(
      "after",
      `
Examples:
  rookery fleet status
  rookery fleet status --json \\
    | jq -r '.[] | select(.health == "invalid") | .tenant'

Without a fleet file it compares with what was applied last.`,
    )
    .action(async (options) => (await import("../fleet/status.ts")).showStatus(parts, options));
  withFile(fleet.command("drift"))
    .description("Show what differs from the file, who changed it and when; for a nightly job.")
    .option("--json", "print as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery fleet drift || notify-me\n\nExit codes: 0 nothing differs, 2 something does, 1 all that goes wrong.",
    )
    .action(async (options) => (await import("../fleet/status.ts")).showDrift(parts, options));
}

function addOffboard(fleet: Command, parts: CommandParts): void {
  fleet
    .command("offboard")
    .argument("<tenant...>", "slugs")
    .description("Suspend tenants: keys dead and mail refused at once, deleted after the grace period.")
    .option("--export <dir>", "write DIR/TENANT.tar with all that they hold first")
    .option("--now", "delete them at once, with all mail")
    .option("--grace-days <days>", "days until they are deleted (default: the file's, or 30)", wholeNumber)
    .option("-y, --yes", "do not ask")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery fleet offboard acme\n  rookery fleet offboard acme --export archives --now --yes",
    )
    .action(async (tenants, options) =>
      (await import("../fleet/offboard.ts")).offboardTenants(parts, tenants, options),
    );
}

function addRotation(fleet: Command, parts: CommandParts): void {
  fleet
    .command("rotate-keys")
    .description(
      "Give the file's keys new secrets. The old ones work until the overlap ends, then die by themselves.",
    )
    .requiredOption("--overlap <time>", "such as 24h, 30m or 7d; 0 for none", seconds)
    .option("-f, --file <file>", "fleet file (default: fleet.yaml)")
    .option("--target <tenant>", "this tenant alone; may be repeated", collect)
    .option("--key <name>", "keys of this name alone; may be repeated", collect)
    .option("-y, --yes", "do not ask")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery fleet rotate-keys --overlap 24h\n  rookery fleet rotate-keys --overlap 0 --target acme --yes",
    )
    .action(async (options) => (await import("../fleet/rotate.ts")).rotateKeys(parts, options));
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function seconds(text: string): number {
  const [, count, unit = "s"] = /^(\d{1,7})([smhd]?)$/.exec(text) ?? [];
  if (count === undefined || (unit === "" && count !== "0"))
    throw new InvalidArgumentError("Give a number with s, m, h or d, such as 24h, or 0.");
  return Number(count) * (unitSeconds[unit] ?? 1);
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}
