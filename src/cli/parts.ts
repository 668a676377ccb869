/** What every command gets. */
import { styleText } from "node:util";
import { type Config, DEFAULT_DATA_DIR, databaseUrlOf, type Environment, loadConfig } from "../config.ts";
import { defaultDirectory } from "../storage/engines/default-directory.ts";

export interface CommandParts {
  readonly environment: Environment;
  readonly cwd: string;
  /** Standard output, a line at a time: results only, so that another program can read them. */
  readonly print: (line: string) => void;
  /** Standard output, text with its line ends or bytes: settles when the system has taken it. @throws its error */
  readonly deliver: (piece: string | Uint8Array) => Promise<void>;
  /** Standard error, a line at a time: progress and errors, for people. */
  readonly tell: (line: string) => void;
  /** Standard output is a terminal: what is printed is for people, not for a program. */
  readonly forPeople: boolean;
  /** Sets the exit code. */
  readonly exit: (code: number) => void;
}

/** Wrong usage of a command; the message says what is expected. */
export class UsageError extends Error {}

type Place = Pick<CommandParts, "environment" | "cwd">;

/** Settings, read when a command runs. @throws ConfigError */
export const configOf = async (place: Place): Promise<Config> =>
  loadConfig(place.environment, place.cwd, await defaultDataDir(place));

/** Where data lie without ROOKERY_DATA_DIR. With a database of the operator's only keys do, which no other account reads. */
export const defaultDataDir = async ({ environment, cwd }: Place): Promise<string> =>
  databaseUrlOf(environment) === null ? defaultDirectory(cwd) : DEFAULT_DATA_DIR;

/** Coloured on a terminal only, and not with NO_COLOR. */
export const errorLine = (message: string): string =>
  `${styleText("red", "error:", { stream: process.stderr })} ${message}`;
