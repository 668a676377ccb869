/** The command line. Commands load what they run when they run, so that `--help` need not wait for the whole server. */
import { styleText } from "node:util";
import { Command, CommanderError } from "commander";
import { ConfigError, type Environment } from "../config.ts";
import { StartError } from "../start-error.ts";
import { EngineError } from "../storage/engines/engine.ts";
import { VERSION } from "../version.ts";
import { addConfig } from "./commands/config.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addServe } from "./commands/serve.ts";
import { type CommandParts, errorLine, UsageError } from "./parts.ts";

/** @returns the exit code: 0 done, 1 it failed, 2 it was called or set up wrongly */
export async function runCommand(argv: readonly string[], environment: Environment): Promise<number> {
  let exitCode = 0;
  const parts: CommandParts = {
    environment,
    cwd: process.cwd(),
    print: (line) => void process.stdout.write(`${line}\n`),
    tell: (line) => void process.stderr.write(`${line}\n`),
    exit: (code) => {
      exitCode = code;
    },
  };
  process.stdout.on("error", ignoreClosedPipe);
  try {
    await createProgram(parts).parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return report(error, parts);
  }
}

/** `rookery config | head` closes our output when it has seen enough: nothing went wrong then. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

function createProgram(parts: CommandParts): Command {
  const program = new Command("rookery")
    .description("Self-hosted, multi-tenant email for fleets of AI agents.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .showHelpAfterError("Run with --help to see what it takes.")
    .configureHelp({ styleTitle: (title) => styleText("bold", title, { validateStream: false }) })
    .configureOutput({ outputError: (text, write) => write(errorLine(text.replace(/^error: /, ""))) })
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  rookery serve            # data in .rookery, API on http://127.0.0.1:8080
  rookery demo             # see it work, in a temporary directory
  rookery help serve

Settings are environment variables: \`rookery config\` lists them.
Exit codes: 0 done, 1 it failed, 2 it was called or set up wrongly.`,
    );
  for (const add of [addServe, addMigrate, addConfig, addDoctor, addDemo]) add(program, parts);
  addHelp(program);
  return program;
}

/** The library's own `help` shows the list for a command that is none, without a word on that. */
function addHelp(program: Command): void {
  program
    .command("help [command]")
    .description("Show the help of a command.")
    .addHelpText("after", "\nExamples:\n  rookery help\n  rookery help demo")
    .action(async (name?: string) => {
      const found = program.commands.find((command) => command.name() === name);
      if (name === undefined || found !== undefined) (found ?? program).outputHelp();
      // Refused as any unknown command, with the one that is near.
      else await program.parseAsync([name], { from: "user" });
    });
}

/** Expected failures are one message; anything else keeps its trace, because it is ours to mend. */
async function report(error: unknown, { tell }: CommandParts): Promise<number> {
  // The library has told it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError || error instanceof UsageError) {
    tell(errorLine(error.message));
    return 2;
  }
  // Loaded here, because it brings the database's driver along.
  const { MigrationError } = await import("../storage/migrate.ts");
  if (error instanceof StartError || error instanceof EngineError || error instanceof MigrationError)
    tell(errorLine(error.message));
  else console.error(error);
  return 1;
}
