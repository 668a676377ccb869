import type { Command } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";
import { addAccounts } from "./agent-account.ts";
import { addLists } from "./agent-list.ts";
import { addPolicies } from "./agent-policy.ts";
import { addRules } from "./agent-rule.ts";

/** `rookery agent`: accounts and their guardrails, over the API of a server that runs. */
export function addAgent(program: Command, parts: CommandParts): void {
  const agent = program
    .command("agent")
    .helpCommand(false)
    .description(
      "Accounts of agents and their guardrails, on a server that runs (ROOKERY_BASE_URL, ROOKERY_API_KEY).",
    )
    .addHelpText(
      "after",
      `
Examples:
  rookery agent account create acme@rookery.localhost
  rookery agent account list --json
  rookery agent overview

Server: ROOKERY_BASE_URL, or http://127.0.0.1:8080. Key: ROOKERY_API_KEY, or the
root key in the data directory of this folder.
Exit codes: 0 done, 1 not done, 2 wrong usage or settings.`,
    );
  addAccounts(agent, parts);
  addPolicies(agent, parts);
  addRules(agent, parts);
  addLists(agent, parts);
  withOutput(agent.command("status"))
    .description("Show whether accounts can be created, and those that there are.")
    .addHelpText("after", "\nExamples:\n  rookery agent status\n  rookery agent status --json")
    .action(async (options) => (await import("../agent/status.ts")).showStatus(parts, options));
  withOutput(agent.command("overview").alias("tree"))
    .description(
      "Show workspaces with their accounts, policies, rules and lists, and those that are attached to none.",
    )
    .addHelpText("after", "\nExamples:\n  rookery agent overview\n  rookery agent overview --json")
    .action(async (options) => (await import("../agent/overview.ts")).showOverview(parts, options));
  addPausing(agent, parts);
}

function addPausing(agent: Command, parts: CommandParts): void {
  withOutput(agent.command("pause"))
    .description("Stop all accounts of the organization from sending and receiving; they keep mail and keys.")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nExamples:\n  rookery agent pause --yes")
    .action(async (options) =>
      (await import("../agent/pauses.ts")).turnOrganization(parts, "pause", options),
    );
  withOutput(agent.command("resume"))
    .description("End the organization's pause. Workspaces and accounts paused themselves stay so.")
    .addHelpText("after", "\nExamples:\n  rookery agent resume")
    .action(async (options) =>
      (await import("../agent/pauses.ts")).turnOrganization(parts, "resume", options),
    );
}
