/** A Rookery of this checkout's sources in a process of its own. */
import { fileURLToPath } from "node:url";
import { type ServerProcess, serve } from "../test/support/serve.ts";

export type { ServerProcess } from "../test/support/serve.ts";

const program = fileURLToPath(new URL("../bin/rookery.js", import.meta.url));

/** As `serve` of the tests. */
export const startServer = (
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> => serve(program, dataDir, settings);
