import { startEmbedded } from "./embedded.ts";
import type { Engine } from "./engine.ts";
import { openExternal } from "./external.ts";

/**
 * The engine of the settings: the database of a URL, else the embedded one.
 * @param log called with a line for what takes time or was repaired
 * @throws EngineError when it cannot be had
 */
export function openEngine(
  { databaseUrl, dataDir }: { readonly databaseUrl: string | null; readonly dataDir: string },
  log: (line: string) => void,
): Promise<Engine> {
  return databaseUrl === null ? startEmbedded({ dataDir, log }) : openExternal(databaseUrl);
}
