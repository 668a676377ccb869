/**
 * The data files of an embedded PostgreSQL, made and migrated once for the whole run. A copy of them spares a test initdb and
 * the migrations, 1.5 s of CPU: for every test but those of a first start.
 */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { startEmbedded } from "../../src/storage/engines/embedded.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { temporaryFolder } from "./engine-process.ts";

/** Of the PostgreSQL of the run and of the one that makes the data files: nothing of them outlives a run. */
export const UNSAFE_SETTINGS = {
  // Nothing here outlives the run: what must, is tested on servers of its own. Dropping a database waits for a checkpoint.
  fsync: "off",
  full_page_writes: "off",
  // A new database is written to the log whole: compressed, that takes 240 ms of CPU instead of 40.
  wal_compression: "off",
  // A worker of autovacuum that looks at a database just then keeps a role without rights from dropping it.
  autovacuum: "off",
};

/** Makes them in a data directory. */
export async function makeCluster(dataDir: string): Promise<void> {
  const engine = await startEmbedded({ dataDir, log: () => undefined, settings: UNSAFE_SETTINGS });
  try {
    await migrate(engine);
  } finally {
    await engine.stop();
  }
}

/** Copies a data directory's data files into another one, made when missing, with their owner and modes, which PostgreSQL checks. */
export async function copyCluster(from: string, dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await promisify(execFile)("cp", ["-Rp", join(from, "postgres"), dataDir]);
}

/** Gives a data directory the data files of the run, on which no Rookery has installed itself yet. */
export const prepareCluster = (dataDir: string): Promise<void> => copyCluster(inject("cluster"), dataDir);

/** A data directory with these files, open to every account, removed by the given hook. */
export async function preparedFolder(after: (end: () => Promise<void>) => void): Promise<string> {
  const folder = await temporaryFolder(after);
  await prepareCluster(folder);
  return folder;
}
