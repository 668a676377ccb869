import type { Command } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const actions = (): Promise<typeof import("../suppressions/suppressions.ts")> =>
  import("../suppressions/suppressions.ts");

const inPod = (command: Command): Command => command.requiredOption("--pod <pod>", "id of the pod");

/** `rookery suppressions`: addresses that a pod no longer writes to, on a server that runs. */
export function addSuppressions(program: Command, parts: CommandParts): void {
  const suppressions = program
    .command("suppressions")
    .alias("suppression")
    .helpCommand(false)
    .description(
      "Addresses that a pod no longer writes to, because mail to them bounced or was complained of, or because they were put there.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rookery suppressions list --pod <pod>\n  rookery suppressions import --pod <pod> old-service.csv",
    );
  inPod(withOutput(suppressions.command("list").alias("ls")))
    .description("List the suppressions of a pod, by address.")
    .addHelpText("after", "\nExamples:\n  rookery suppressions list --pod <pod> --json")
    .action(async (options) => (await actions()).listSuppressions(parts, options));
  inPod(withOutput(suppressions.command("add").argument("<address>", "an email address")))
    .description("Suppress an address.")
    .option("--reason <reason>", "why, for people to read")
    .addHelpText("after", "\nExamples:\n  rookery suppressions add --pod <pod> ada@example.net")
    .action(async (address, options) => (await actions()).addSuppression(parts, address, options));
  inPod(withOutput(suppressions.command("remove").alias("rm").argument("<address>", "the address")))
    .description("Have the pod write to an address again.")
    .addHelpText("after", "\nExamples:\n  rookery suppressions remove --pod <pod> ada@example.net")
    .action(async (address, options) => (await actions()).removeSuppression(parts, address, options));
  inPod(withOutput(suppressions.command("import").argument("<file>", "path, or - for standard input")))
    .description(
      "Suppress the addresses of a file: one a line, with a reason behind a comma, semicolon or tab if there is one. Lines that begin with # are skipped, and so is a first line without an address.",
    )
    .addHelpText("after", "\nExamples:\n  rookery suppressions import --pod <pod> old-service.csv")
    .action(async (file, options) => (await actions()).importSuppressions(parts, file, options));
}
