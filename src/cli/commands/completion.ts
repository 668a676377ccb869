import { Argument, type Command } from "commander";
import type { CommandParts } from "../parts.ts";

/** `rookery completion`: a script that has a shell complete commands and options. */
export function addCompletion(program: Command, parts: CommandParts): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .description("Print a script that completes commands and options in a shell.")
    .addHelpText(
      "after",
      `
Examples:
  rookery completion bash > ~/.local/share/bash-completion/completions/rookery
  rookery completion zsh > ~/.zfunc/_rookery   # a folder of fpath
  rookery completion fish > ~/.config/fish/completions/rookery.fish
  source <(rookery completion bash)            # for this shell alone`,
    )
    .action(async (shell: string) => {
      const { completionScript } = await import("../completion/script.ts");
      parts.print(completionScript(shell, program));
    });
}
