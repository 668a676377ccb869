import type { Command } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const actions = (): Promise<typeof import("../agent/workspaces.ts")> => import("../agent/workspaces.ts");

/** `rookery workspace`: pods, as the accounts' API calls them. */
export function addWorkspaces(program: Command, parts: CommandParts): void {
  const workspace = program
    .command("workspace")
    .helpCommand(false)
    .aliases(["workspaces", "ws"])
    .description("Workspaces of accounts (pods), on a server that runs: what they share is policy and rules.")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery workspace list\n  rookery workspace create --name Acme --domain acme.example",
    );
  withOutput(workspace.command("list").alias("ls"))
    .description("List all workspaces.")
    .addHelpText("after", "\nExamples:\n  rookery workspace list\n  rookery workspace list --json")
    .action(async (options) => (await actions()).listWorkspaces(parts, options));
  withOutput(workspace.command("get").argument("<workspace>", "id or grouping domain"))
    .description("Show a workspace.")
    .addHelpText("after", "\nExamples:\n  rookery workspace get acme.example")
    .action(async (id, options) => (await actions()).getWorkspace(parts, id, options));
  withOutput(workspace.command("create"))
    .description("Create a workspace.")
    .requiredOption("--name <name>", "its name")
    .option("--domain <domain>", "its grouping domain; never changes")
    .option("--auto-group [yes]", "new accounts of the domain come here: true (as when absent) or false")
    .option("--policy-id <policy>", "attach this policy")
    .option("--rules-ids <rules>", "attach these rules: ids with commas between")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery workspace create --name Acme --domain acme.example\n  rookery workspace create --name Quarantine",
    )
    .action(async (options) => (await actions()).createWorkspace(parts, options));
  addChanging(workspace, parts);
  for (const turn of ["pause", "resume"] as const)
    withOutput(workspace.command(turn).argument("<workspace>", "id or grouping domain"))
      .description(
        turn === "pause"
          ? "Stop all accounts of a workspace from sending and receiving; they keep mail and keys."
          : "Let the accounts of a paused workspace send and receive again, but those paused themselves.",
      )
      .addHelpText("after", `\nExamples:\n  rookery workspace ${turn} acme.example`)
      .action(async (id, options) =>
        (await import("../agent/pauses.ts")).turnWorkspace(parts, id, turn, options),
      );
}

function addChanging(workspace: Command, parts: CommandParts): void {
  withOutput(workspace.command("update").argument("<workspace>", "id"))
    .description("Attach or detach a policy and rules, or change name and grouping.")
    .option("--policy-id <policy>", "attach this policy in place of the one of before; empty detaches")
    .option("--rules-ids <rules>", "ids with commas between, in place of those of before; empty detaches all")
    .option("--name <name>", "new name")
    .option("--auto-group [yes]", "whether new accounts of the domain come here: true or false")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery workspace update <workspace> --policy-id <policy>\n  rookery workspace update <workspace> --rules-ids ''",
    )
    .action(async (id, options) => (await actions()).updateWorkspace(parts, id, options));
  withOutput(workspace.command("delete").argument("<workspace>", "id or grouping domain"))
    .description("Delete a workspace. Its accounts go on working in the default workspace.")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nExamples:\n  rookery workspace delete <workspace> --yes")
    .action(async (id, options) => (await actions()).deleteWorkspace(parts, id, options));
}
