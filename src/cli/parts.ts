/** What every command gets. */
import { styleText } from "node:util";
import { type Config, type Environment, loadConfig } from "../config.ts";

export interface CommandParts {
  readonly environment: Environment;
  readonly cwd: string;
  /** Standard output, a line at a time: results only, so that another program can read them. */
  readonly print: (line: string) => void;
  /** Standard error, a line at a time: progress and errors, for people. */
  readonly tell: (line: string) => void;
  /** Standard output is a terminal: what is printed is for people, not for a program. */
  readonly forPeople: boolean;
  /** Sets the exit code. */
  readonly exit: (code: number) => void;
}

/** Wrong usage of a command; the message says what is expected. */
export class UsageError extends Error {}

/** Settings, read when a command runs. @throws ConfigError */
export const configOf = ({ environment, cwd }: CommandParts): Config => loadConfig(environment, cwd);

/** Coloured on a terminal only, and not with NO_COLOR. */
export const errorLine = (message: string): string =>
  `${styleText("red", "error:", { stream: process.stderr })} ${message}`;
