import type { Command } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const actions = (): Promise<typeof import("../agent/value-lists.ts")> => import("../agent/value-lists.ts");

/** `rookery agent list` */
export function addLists(agent: Command, parts: CommandParts): void {
  const list = agent
    .command("list")
    .helpCommand(false)
    .alias("lists")
    .description("Lists of domains, top-level domains or addresses, which rules look values up in.")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent list create --name Blocked --type domain --item spam.example\n  rookery agent list add <list> --file blocked.txt",
    );
  addReading(list, parts);
  addChanging(list, parts);
  for (const turn of ["add", "remove"] as const)
    withOutput(
      list
        .command(turn)
        .argument("<list>", "id")
        .argument("[values...]", "values; with --file, besides those"),
    )
      .description(
        turn === "add"
          ? "Add values; those that it has already change nothing. Thousands go in requests of 1,000."
          : "Remove values; those that it has not change nothing. Thousands go in requests of 1,000.",
      )
      .option("--file <file>", "values from a file, one a line; - is standard input")
      .addHelpText(
        "after",
        `\nExamples:\n  rookery agent list ${turn} <list> spam.example junk.example\n  rookery agent list ${turn} <list> --file domains.txt`,
      )
      .action(async (id, values, options) => (await actions()).editItems(parts, turn, id, values, options));
}

function addReading(list: Command, parts: CommandParts): void {
  withOutput(list.command("list").alias("ls"))
    .description("List all lists.")
    .addHelpText("after", "\nExamples:\n  rookery agent list list\n  rookery agent list list --json")
    .action(async (options) => (await actions()).listLists(parts, options));
  withOutput(list.command("get").argument("<list>", "id"))
    .description("Show a list and its values.")
    .addHelpText("after", "\nExamples:\n  rookery agent list get <list>")
    .action(async (id, options) => (await actions()).getList(parts, id, options));
  withOutput(list.command("items").argument("<list>", "id"))
    .description("Print the values of a list, one a line; JSON is one flat array.")
    .addHelpText("after", "\nExamples:\n  rookery agent list items <list> > domains.txt")
    .action(async (id, options) => (await actions()).listItems(parts, id, options));
}

function addChanging(list: Command, parts: CommandParts): void {
  withOutput(list.command("create"))
    .description("Create a list.")
    .requiredOption("--name <name>", "its name")
    .requiredOption("--type <type>", "what it holds: domain, tld or address; never changes")
    .option("--description <text>", "what it is for")
    .option("--item <value>", "a first value; may be repeated", append)
    .addHelpText(
      "after",
      "\nExamples:\n  rookery agent list create --name Blocked --type domain --item spam.example",
    )
    .action(async (options) => (await actions()).createList(parts, options));
  withOutput(list.command("update").argument("<list>", "id"))
    .description("Change name or description of a list.")
    .option("--name <name>", "new name")
    .option("--description <text>", "new description; empty removes it")
    .addHelpText("after", "\nExamples:\n  rookery agent list update <list> --name Refused")
    .action(async (id, options) => (await actions()).updateList(parts, id, options));
  withOutput(list.command("delete").argument("<list>", "id"))
    .description("Delete a list. Rules that use it stay, and no longer match by it.")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nExamples:\n  rookery agent list delete <list> --yes")
    .action(async (id, options) => (await actions()).deleteList(parts, id, options));
}

const append = (value: string, before: readonly string[] = []): string[] => [...before, value];
