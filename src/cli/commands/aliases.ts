import type { Command } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const actions = (): Promise<typeof import("../domains/aliases.ts")> => import("../domains/aliases.ts");

const INBOX = "its address";

/** `rookery aliases`: addresses of an inbox beside its own, on a server that runs. */
export function addAliases(program: Command, parts: CommandParts): void {
  const aliases = program
    .command("aliases")
    .alias("alias")
    .helpCommand(false)
    .description(
      "Addresses of an inbox beside its own, and the catch-all of a domain, on a server that runs.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rookery aliases add agent@example.com sales@example.com\n  rookery aliases add agent@example.com '*@example.com'",
    );
  withOutput(aliases.command("list").alias("ls").argument("<inbox>", INBOX))
    .description("List the aliases of an inbox.")
    .addHelpText("after", "\nExamples:\n  rookery aliases list agent@example.com")
    .action(async (inbox, options) => (await actions()).listAliases(parts, inbox, options));
  withOutput(
    aliases.command("add").argument("<inbox>", INBOX).argument("<address>", "* before the @ for a catch-all"),
  )
    .description("Give an inbox one more address; '*@' and a domain makes it the catch-all of that.")
    .addHelpText("after", "\nExamples:\n  rookery aliases add agent@example.com sales@example.com")
    .action(async (inbox, address, options) => (await actions()).addAlias(parts, inbox, address, options));
  withOutput(aliases.command("delete").argument("<inbox>", INBOX).argument("<address>", "the alias"))
    .description("Take an address away from an inbox.")
    .addHelpText("after", "\nExamples:\n  rookery aliases delete agent@example.com sales@example.com")
    .action(async (inbox, address, options) => (await actions()).deleteAlias(parts, inbox, address, options));
}
