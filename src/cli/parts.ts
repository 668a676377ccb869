/** What every command gets. */
import { type Config, type Environment, loadConfig } from "../config.ts";

export interface CommandParts {
  readonly environment: Environment;
  readonly cwd: string;
  /** Standard output, a line at a time. */
  readonly print: (line: string) => void;
  /** Sets what the process ends with. */
  readonly exit: (code: number) => void;
}

/** Settings, read when a command runs. @throws ConfigError */
export const configOf = ({ environment, cwd }: CommandParts): Config => loadConfig(environment, cwd);
