/** The command line. */
import { Command, CommanderError } from "commander";
import { ConfigError, type Environment } from "../config.ts";
import { StartError } from "../start-error.ts";
import { EngineError } from "../storage/engines/engine.ts";
import { MigrationError } from "../storage/migrate.ts";
import { addConfig } from "./commands/config.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addServe } from "./commands/serve.ts";
import type { CommandParts } from "./parts.ts";

/** @returns the exit code: 0 done, 1 it failed, 2 it was called or set up wrongly */
export async function runCommand(argv: readonly string[], environment: Environment): Promise<number> {
  let exitCode = 0;
  const parts: CommandParts = {
    environment,
    cwd: process.cwd(),
    print: (line) => void process.stdout.write(`${line}\n`),
    exit: (code) => {
      exitCode = code;
    },
  };
  const program = new Command("rookery")
    .description("Self-hosted, multi-tenant email for fleets of AI agents.")
    .exitOverride();
  for (const add of [addServe, addMigrate, addConfig, addDoctor, addDemo]) add(program, parts);
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

/** Expected failures are one message; anything else keeps its trace, because it is ours to mend. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) {
    console.error(error.message);
    return 2;
  }
  if (error instanceof StartError || error instanceof EngineError || error instanceof MigrationError) {
    console.error(error.message);
    return 1;
  }
  console.error(error);
  return 1;
}
