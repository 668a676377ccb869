/** A Rookery of the run's package in a process of its own, which tests may kill. */
import { program } from "./program.ts";
import { type ServerProcess, serve } from "./serve.ts";

export type { ServerProcess } from "./serve.ts";

export const startServer = (
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> => serve(program(), dataDir, settings);
