/** Process entry. */
import { runCommand } from "./cli/main.ts";
import { readEnvironment } from "./config.ts";

process.exitCode = await runCommand(process.argv, readEnvironment());
