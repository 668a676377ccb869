import { type Command, Option } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const actions = (): Promise<typeof import("../agent/accounts.ts")> => import("../agent/accounts.ts");

const ID = "id or address; absent: NYLAS_AGENT_GRANT_ID";

/** `rookery agent account` */
export function addAccounts(agent: Command, parts: CommandParts): void {
  const account = agent
    .command("account")
    .helpCommand(false)
    .description("Create, list, change, move, pause and delete accounts.")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent account create acme@rookery.localhost --name 'Acme support'\n  rookery agent account list --json | jq length",
    );
  addReading(account, parts);
  addChanging(account, parts);
  addPausing(account, parts);
}

function addReading(account: Command, parts: CommandParts): void {
  withOutput(account.command("list").alias("ls"))
    .description("List all accounts, newest first. JSON is one flat array.")
    .addHelpText(
      "after",
      `
Examples:
  rookery agent account list
  rookery agent account list --json | jq length
  rookery agent account list --json \\
    | jq -r '.[] | select(.grant_status != "valid") | .email'`,
    )
    .action(async (options) => (await actions()).listAccounts(parts, options));
  withOutput(account.command("get").argument("[account]", ID))
    .description("Show an account, and why it is not active when it is not. --quiet prints its id alone.")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent account get acme@rookery.localhost\n  id=$(rookery agent account get acme@rookery.localhost --quiet)",
    )
    .action(async (found, options) => (await actions()).getAccount(parts, found, options));
}

function addChanging(account: Command, parts: CommandParts): void {
  withOutput(
    account.command("create").argument("<email>", "address; without a domain, one of ROOKERY_DOMAIN"),
  )
    .description("Create an account. An address that exists is refused, with exit code 1.")
    .option("--name <name>", "display name of the mail that it sends")
    .option("--app-password <password>", "password for IMAP and SMTP submission: 18 to 40 characters")
    .option(
      "--workspace <workspace>",
      "id of its workspace; absent: that of its domain, else the default one",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent account create acme@rookery.localhost\n  id=$(rookery agent account create acme --quiet)",
    )
    .action(async (email, options) => (await actions()).createAccount(parts, email, options));
  withOutput(account.command("update").argument("[account]", ID))
    .description("Change the name or the app password of an account.")
    .option("--name <name>", "display name; empty removes it")
    .option("--app-password <password>", "new password: the one of before stops working at once")
    .addOption(
      new Option("--no-app-password", "remove it, which closes IMAP and submission").default(undefined),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent account update acme@rookery.localhost --name 'Acme support'\n  rookery agent account update acme@rookery.localhost --no-app-password",
    )
    .action(async (found, options) => (await actions()).updateAccount(parts, found, options));
  withOutput(account.command("move").argument("[account]", ID))
    .description("Move an account to another workspace, whose policy and rules govern it from then on.")
    .requiredOption("--workspace <workspace>", "id or grouping domain of the workspace")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent account move acme@rookery.localhost \\\n    --workspace 019a1f5c-0d3e-7000-8a51-3f0b6c2d9e14",
    )
    .action(async (found, options) => (await actions()).moveAccount(parts, found, options));
  withOutput(account.command("delete").argument("[account]", ID))
    .description(
      "Delete an account and its mail. Exit code 0: it is deleted; 1: it was not there, or not deleted.",
    )
    .option("-y, --yes", "do not ask")
    .option("-f, --force", "as --yes")
    .addHelpText("after", "\nExamples:\n  rookery agent account delete acme@rookery.localhost --yes")
    .action(async (found, options) => (await actions()).deleteAccount(parts, found, options));
}

function addPausing(account: Command, parts: CommandParts): void {
  for (const [turn, description] of [
    [
      "pause",
      "Stop an account from sending and receiving, at once and everywhere; it keeps its mail and keys.",
    ],
    ["resume", "Let a paused account send and receive again."],
  ] as const)
    withOutput(account.command(turn).argument("[account]", ID))
      .description(description)
      .addHelpText("after", `\nExamples:\n  rookery agent account ${turn} acme@rookery.localhost`)
      .action(async (found, options) =>
        (await import("../agent/pauses.ts")).turnAccount(parts, found, turn, options),
      );
}
