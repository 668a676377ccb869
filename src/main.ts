/** Process entry. */
import { runCommand } from "./cli/main.ts";
import { readEnvironment } from "./config.ts";

/** Milliseconds for output to be written, and sockets closed, after a command is over. */
const LINGER_MS = 500;

process.exitCode = await runCommand(process.argv, readEnvironment());
// Only when something is left, such as a line to the database on which nothing is answered.
setTimeout(() => process.exit(), LINGER_MS).unref();
