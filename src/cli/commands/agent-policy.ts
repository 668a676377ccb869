import type { Command } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const actions = (): Promise<typeof import("../agent/policies.ts")> => import("../agent/policies.ts");

/** `rookery agent policy` */
export function addPolicies(agent: Command, parts: CommandParts): void {
  const policy = agent
    .command("policy")
    .helpCommand(false)
    .description("Limits, retention and spam settings, which workspaces share.")
    .addHelpText(
      "after",
      `
Examples:
  rookery agent policy create --data '{
    "name": "Baseline",
    "limits": {"limit_count_daily_message_per_grant": 500}
  }'
  rookery workspace update <workspace> --policy-id <policy>`,
    );
  withOutput(policy.command("list").alias("ls"))
    .description("List all policies.")
    .addHelpText("after", "\nExamples:\n  rookery agent policy list\n  rookery agent policy list --json")
    .action(async (options) => (await actions()).listPolicies(parts, options));
  withOutput(policy.command("get").alias("read").argument("<policy>", "id"))
    .description("Show a policy with all its limits.")
    .addHelpText("after", "\nExamples:\n  rookery agent policy get <policy>")
    .action(async (id, options) => (await actions()).getPolicy(parts, id, options));
  withBody(withOutput(policy.command("create")))
    .description("Create a policy. It applies to no account until it is attached to a workspace.")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent policy create --name Baseline\n  rookery agent policy create --data-file policy.json",
    )
    .action(async (options) => (await actions()).createPolicy(parts, options));
  withBody(withOutput(policy.command("update").argument("<policy>", "id")))
    .description("Change what is given of a policy, each limit by itself; the rest stays.")
    .addHelpText(
      "after",
      `\nExamples:\n  rookery agent policy update <policy> \\\n    --data '{"limits": {"limit_attachment_count_limit": 5}}'`,
    )
    .action(async (id, options) => (await actions()).updatePolicy(parts, id, options));
  withOutput(policy.command("delete").argument("<policy>", "id"))
    .description("Delete a policy that no workspace has.")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nExamples:\n  rookery agent policy delete <policy> --yes")
    .action(async (id, options) => (await actions()).deletePolicy(parts, id, options));
  addTrying(policy, parts);
}

function addTrying(policy: Command, parts: CommandParts): void {
  withPlace(
    withBody(withOutput(policy.command("test").argument("[policy]", "id; absent: one that is given"))),
  )
    .description("Say what a policy would have refused or deleted of past mail. It changes nothing.")
    .addHelpText(
      "after",
      `
Examples:
  rookery agent policy test <policy> --since 30d
  rookery agent policy test --data '{"limits":{"limit_size_total_mime":100000}}'`,
    )
    .action(async (id, options) => (await import("../agent/policy-trial.ts")).testPolicy(parts, id, options));
}

/** Options that say which mail a trial is of. */
export const withPlace = (command: Command): Command =>
  command
    .option("--since <time>", "mail from then on: 24h, 7d (when absent), 2w, or a date")
    .option("--account <account>", "mail of this account alone")
    .option("--workspace <workspace>", "mail of this workspace alone");

/** Options that give a request's body. */
export const withBody = (command: Command): Command =>
  command
    .option("--name <name>", "name, in place of the one in the JSON")
    .option("--data <json>", "fields as a JSON object")
    .option("--data-file <file>", "the same from a file; - is standard input");
