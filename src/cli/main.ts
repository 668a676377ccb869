/** The command line. Commands import what they run lazily, so that `--help` does not load the whole server. */
import { styleText } from "node:util";
import { Command, CommanderError } from "commander";
import { ConfigError, type Environment } from "../config.ts";
import { SetupError, StartError } from "../start-error.ts";
import { EngineError, EngineSetupError } from "../storage/engines/engine.ts";
import { VERSION } from "../version.ts";
import { addApi } from "./api/commands.ts";
import { readApi } from "./api/document.ts";
import { ClientError } from "./client/failures.ts";
import { addAgent } from "./commands/agent.ts";
import { addAliases } from "./commands/aliases.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConfig } from "./commands/config.ts";
import { addDeliveries, addQueue } from "./commands/deliveries.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addDomains } from "./commands/domains.ts";
import { addFleet, FLEET } from "./commands/fleet.ts";
import { addKeys } from "./commands/keys.ts";
import { addMcp } from "./commands/mcp.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addResetSealKey } from "./commands/reset-seal-key.ts";
import { addServe } from "./commands/serve.ts";
import { addSuppressions } from "./commands/suppressions.ts";
import { addWorkspaces } from "./commands/workspace.ts";
import { columnsOf, fold } from "./fold.ts";
import { type CommandParts, errorLine, UsageError } from "./parts.ts";
import { forTerminal } from "./terminal-text.ts";

/** Where a command writes, text with its line ends. */
export interface Outputs {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** As `out`, or bytes; settled when the system has taken it. */
  readonly deliver: (piece: string | Uint8Array) => Promise<void>;
}

/** @returns the exit code: 0 success, 1 failure, 2 wrong usage or settings */
export async function runCommand(
  argv: readonly string[],
  environment: Environment,
  cwd: string = process.cwd(),
  outputs: Outputs = processOutputs(),
): Promise<number> {
  let exitCode = 0;
  const parts: CommandParts = {
    environment,
    cwd,
    print: (line) => outputs.out(`${line}\n`),
    deliver: outputs.deliver,
    tell: (line) => outputs.err(`${fold(line, process.stderr)}\n`),
    forPeople: process.stdout.isTTY === true,
    exit: (code) => {
      exitCode = code;
    },
  };
  try {
    await createProgram(parts, outputs, argv.slice(2)).parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    const code = await report(error, parts);
    // There 2 says that something differs, and nothing else (docs/decisions/0036-fleet-files.md).
    return code === 2 && argv[2] === FLEET ? 1 : code;
  }
}

function processOutputs(): Outputs {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedOutput);
  const shownOn = (stream: NodeJS.WriteStream, text: string): string =>
    stream.isTTY ? forTerminal(text) : text;
  return {
    out: (text) => void process.stdout.write(shownOn(process.stdout, text)),
    err: (text) => void process.stderr.write(shownOn(process.stderr, text)),
    deliver: (piece) =>
      new Promise((resolve, reject) =>
        process.stdout.write(typeof piece === "string" ? shownOn(process.stdout, piece) : piece, (error) =>
          error ? reject(error) : resolve(),
        ),
      ),
  };
}

/**
 * `rookery config | head` closes the pipe early (EPIPE), and a closed terminal takes no output (EIO): neither is an error. A disk that is
 * full (ENOSPC) ends the command with 1, unless what was to be written was delivered, whose error the command has.
 */
function ignoreClosedOutput(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE" || error.code === "EIO") return;
  if (error.code !== "ENOSPC") throw error;
  process.exitCode = 1;
}

const commands = [
  addServe,
  addMigrate,
  addConfig,
  addDoctor,
  addKeys,
  addResetSealKey,
  addDemo,
  addAgent,
  addWorkspaces,
  addFleet,
  addDeliveries,
  addSuppressions,
  addQueue,
  addDomains,
  addAliases,
  addMcp,
  addCompletion,
] as const;

/** Commands beside which the API has none: they start without its document. */
const apart: ReadonlySet<string> = new Set([
  ...["serve", "migrate", "config", "doctor", "keys", "reset-seal-key", "demo", "mcp", "workspace", "queue"],
]);

/** @param line what follows the program's name: commands of the API that it cannot be about are left out */
function createProgram(parts: CommandParts, { out, err }: Outputs, line: readonly string[]): Command {
  const program = new Command("rookery")
    .description("Self-hosted, multi-tenant email for fleets of AI agents.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .showHelpAfterError("Run with --help to see the options.")
    .configureHelp({ styleTitle: (title) => styleText("bold", title, { validateStream: false }) })
    .configureOutput({
      getOutHelpWidth: () => columnsOf(process.stdout),
      getErrHelpWidth: () => columnsOf(process.stderr),
      writeOut: out,
      writeErr: err,
      outputError: (text, write) => write(errorLine(text.replace(/^error: /, ""))),
    })
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  rookery serve            # data in .rookery, API on http://127.0.0.1:8080
  rookery demo             # the main job end to end, in a temporary directory
  rookery agent account list
  rookery inboxes create --username scout
  rookery fleet init && rookery fleet plan
  rookery help agent account

Settings are environment variables: \`rookery config\` lists them.
Exit codes: 0 success, 1 failure, 2 wrong usage or settings.
Of resources of the API also: 3 not found, 4 forbidden.
Of fleet: 0 success, 1 all that goes wrong, 2 something differs (plan, drift).`,
    );
  for (const add of commands) add(program, parts);
  const [first = ""] = line;
  if (!apart.has(first)) addApi(program, parts, readApi(first === "help" ? line.slice(1) : line));
  addHelp(program);
  return program;
}

/** The library's own `help` shows the list for an unknown command, without an error. */
function addHelp(program: Command): void {
  program
    .command("help [command...]")
    .description("Show the help of a command.")
    .addHelpText("after", "\nExamples:\n  rookery help\n  rookery help demo\n  rookery help agent account")
    .action(async (path: string[]) => {
      const found = path.reduce<Command | undefined>(
        (above, name) =>
          above?.commands.find((command) => [command.name(), ...command.aliases()].includes(name)),
        program,
      );
      if (found !== undefined) found.outputHelp();
      // Refused like any unknown command, with a suggestion.
      else await program.parseAsync(path, { from: "user" });
    });
}

/** Expected failures print one message; unexpected errors keep their stack trace. */
async function report(error: unknown, { tell }: CommandParts): Promise<number> {
  // The library has printed it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (
    error instanceof ConfigError ||
    error instanceof UsageError ||
    error instanceof SetupError ||
    error instanceof EngineSetupError
  ) {
    tell(errorLine(error.message));
    return 2;
  }
  if (error instanceof ClientError) {
    tell(errorLine(error.message));
    return 1;
  }
  // Imported here, because it loads the database driver.
  const { MigrationError } = await import("../storage/migrate.ts");
  if (error instanceof StartError || error instanceof EngineError || error instanceof MigrationError)
    tell(errorLine(error.message));
  else console.error(error);
  return 1;
}
