import type { Command } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const actions = (): Promise<typeof import("../deliveries/deliveries.ts")> =>
  import("../deliveries/deliveries.ts");

const withScope = (command: Command): Command =>
  command.option("--pod <pod>", "id of a pod").option("--inbox <inbox>", "address of an inbox");

/** `rookery deliveries` */
export function addDeliveries(program: Command, parts: CommandParts): void {
  const deliveries = program
    .command("deliveries")
    .helpCommand(false)
    .alias("delivery")
    .description("What became of messages that were sent, by message and domain of recipients.")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery deliveries list --state deferred,bounced\n  rookery deliveries show <delivery>",
    );
  withScope(withOutput(deliveries.command("list").alias("ls")))
    .description("List deliveries, newest first.")
    .option(
      "--state <states>",
      "only those: queued, sending, deferred, sent, complained, delivered, bounced, failed, captured",
    )
    .option("--domain <domain>", "only those to recipients of this domain")
    .option("--limit <count>", "how many at most", "100")
    .addHelpText("after", "\nExamples:\n  rookery deliveries list --domain example.org --json")
    .action(async (options) => (await actions()).listDeliveries(parts, options));
  withOutput(deliveries.command("show").alias("get").argument("<delivery>", "id"))
    .description("Show a delivery, with what the last server said.")
    .addHelpText("after", "\nExamples:\n  rookery deliveries show <delivery>")
    .action(async (id, options) => (await actions()).showDelivery(parts, id, options));
  for (const action of ["retry", "cancel"] as const)
    withOutput(deliveries.command(action).argument("<delivery>", "id"))
      .description(
        action === "retry"
          ? "Try a delivery at once; one that bounced or failed anew."
          : "End a delivery that waits. Recipients who have it keep it.",
      )
      .addHelpText("after", `\nExamples:\n  rookery deliveries ${action} <delivery>`)
      .action(async (id, options) => (await actions()).changeDelivery(parts, action, id, options));
}

/** `rookery queue` */
export function addQueue(program: Command, parts: CommandParts): void {
  const queue = withScope(withOutput(program.command("queue")))
    .helpCommand(false)
    .description("What waits for other servers: how much, since when and why, by domain.")
    .addHelpText("after", "\nExamples:\n  rookery queue\n  rookery queue --pod <pod> --json")
    .action(async (options) => (await actions()).showQueue(parts, options));
  withOutput(queue.command("resume").argument("<sender>", "id of a pod, or address of an inbox"))
    .description("End the suspension of a pod or an inbox because of its bounces or complaints.")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery queue resume <pod>\n  rookery queue resume agent@example.com",
    )
    .action(async (sender, options) => (await actions()).resumeSender(parts, sender, options));
}
