import { type Command, InvalidArgumentError } from "commander";
import { type Action, type Condition, parseAction, parseCondition } from "../agent/rule.ts";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";
import { withBody, withPlace } from "./agent-policy.ts";

const actions = (): Promise<typeof import("../agent/rules.ts")> => import("../agent/rules.ts");

/** `rookery agent rule` */
export function addRules(agent: Command, parts: CommandParts): void {
  const rule = agent
    .command("rule")
    .helpCommand(false)
    .description("Rules on mail that comes in or goes out: what matches is blocked, filed or marked.")
    .addHelpText(
      "after",
      `
Examples:
  rookery agent rule create --account acme@rookery.localhost \\
    --name 'No spam' --condition from.domain,is,spam.example --action block
  rookery agent rule list`,
    );
  addReading(rule, parts);
  addChanging(rule, parts);
  addTrying(rule, parts);
}

function addTrying(rule: Command, parts: CommandParts): void {
  withPlace(
    withFields(
      withOutput(rule.command("test").argument("[rule]", "id; absent: one that the options describe")),
    ),
  )
    .description("Say what a rule would have done to past mail. It changes nothing.")
    .addHelpText(
      "after",
      `
Examples:
  rookery agent rule test <rule> --since 30d
  rookery agent rule test --condition from.tld,is,example --action block`,
    )
    .action(async (id, options) => (await import("../agent/rule-trial.ts")).testRule(parts, id, options));
  withOutput(rule.command("explain").argument("<message>", "its Message-ID, or its id"))
    .description("Say which rules did what to a message, and why, condition by condition.")
    .option("--account <account>", "the account that has the message; absent: of NYLAS_GRANT_ID")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent rule explain '<1@mail.example>' --account acme@rookery.localhost",
    )
    .action(async (message, options) =>
      (await import("../agent/rule-explain.ts")).explainRules(parts, message, options),
    );
}

function addReading(rule: Command, parts: CommandParts): void {
  withOutput(rule.command("list").alias("ls"))
    .description("List all rules.")
    .addHelpText("after", "\nExamples:\n  rookery agent rule list\n  rookery agent rule list --json")
    .action(async (options) => (await actions()).listRules(parts, options));
  withOutput(rule.command("get").alias("read").argument("<rule>", "id"))
    .description("Show a rule.")
    .addHelpText("after", "\nExamples:\n  rookery agent rule get <rule>")
    .action(async (id, options) => (await actions()).getRule(parts, id, options));
}

function addChanging(rule: Command, parts: CommandParts): void {
  withFields(withOutput(rule.command("create")))
    .description("Create a rule and attach it to a workspace, all of whose accounts it then governs.")
    .option("--account <account>", "attach it to the workspace of this account; absent: of NYLAS_GRANT_ID")
    .option("--workspace <workspace>", "attach it to this workspace: id or grouping domain")
    .option("--no-attach", "attach it to none yet; an outbound rule then governs every account")
    .addHelpText(
      "after",
      `
Examples:
  rookery agent rule create --account acme@rookery.localhost \\
    --name 'No spam' --condition from.domain,is,spam.example --action block
  rookery agent rule create --no-attach --name Leads --match-operator any \\
    --condition from.domain,in_list,<list> --action assign_to_folder=Leads`,
    )
    .action(async (options) => (await actions()).createRule(parts, options));
  withFields(withOutput(rule.command("update").argument("<rule>", "id")))
    .description("Change what is given of a rule; conditions and actions are replaced as a whole.")
    .addHelpText("after", "\nExamples:\n  rookery agent rule update <rule> --disabled")
    .action(async (id, options) => (await actions()).updateRule(parts, id, options));
  withOutput(rule.command("delete").argument("<rule>", "id"))
    .description("Delete a rule, and detach it from its workspaces.")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nExamples:\n  rookery agent rule delete <rule> --yes")
    .action(async (id, options) => (await actions()).deleteRule(parts, id, options));
}

/** Options that say what a rule is. */
const withFields = (command: Command): Command =>
  withBody(command)
    .option("--description <text>", "what it is for")
    .option("--priority <number>", "0 to 1000, lower first; 10 when absent", wholeNumber)
    .option("--enabled", "it is in force, as it is when neither is given")
    .option("--disabled", "it is kept, and not in force")
    .option("--trigger <trigger>", "inbound (when absent) or outbound")
    .option("--match-operator <operator>", "all (when absent) or any of the conditions")
    .option(
      "--condition <field,operator,value>",
      "such as from.domain,is,spam.example; may be repeated",
      (text: string, before: readonly Condition[] = []) => [...before, parseCondition(text)],
    )
    .option(
      "--action <type[=value]>",
      "such as block or assign_to_folder=Sales; may be repeated",
      (text: string, before: readonly Action[] = []) => [...before, parseAction(text)],
    );

function wholeNumber(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError("It takes a whole number.");
  return Number(text);
}
