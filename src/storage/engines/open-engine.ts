import { startEmbedded } from "./embedded.ts";
import type { Engine } from "./engine.ts";
import { openExternal } from "./external.ts";

/**
 * The engine of the settings: the database of a URL, else the embedded one.
 * @param bufferBytes memory in which an embedded one keeps pages; its default when absent
 * @param log called with a line for what takes time or was repaired
 * @throws EngineError when it cannot be had
 */
export function openEngine(
  {
    databaseUrl,
    dataDir,
    bufferBytes,
  }: { readonly databaseUrl: string | null; readonly dataDir: string; readonly bufferBytes?: number },
  log: (line: string) => void,
): Promise<Engine> {
  if (databaseUrl !== null) return openExternal(databaseUrl);
  const settings =
    bufferBytes === undefined ? {} : { shared_buffers: `${Math.floor(bufferBytes / BUFFER_UNIT_BYTES)}kB` };
  return startEmbedded({ dataDir, log, settings });
}

/** In which PostgreSQL is told: a page of 8 kB is its least. */
const BUFFER_UNIT_BYTES = 1024;
