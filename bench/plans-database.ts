/** The database of `plans.ts` and its kind: an embedded PostgreSQL with a million messages, in a folder that may be kept. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startEmbedded } from "../src/storage/engines/embedded.ts";
import type { Engine } from "../src/storage/engines/engine.ts";
import { migrate } from "../src/storage/migrate.ts";
import { fillMail, MADE_IDS } from "./plans-data.ts";

export interface PlansDatabase {
  readonly engine: Engine;
  /** As the superuser, in the session that knows `pg_temp.made`. */
  readonly superuser: pg.Client;
  open(user: string, options?: string): Promise<pg.Client>;
}

/** @param work on the database, which `fill` fills where it is empty. The folder that the process is called with is kept, one of its own is not. */
export async function withPlansDatabase(
  work: (database: PlansDatabase) => Promise<void>,
  fill: (superuser: pg.Client) => Promise<void> = fillMail,
): Promise<void> {
  const [kept] = process.argv.slice(2);
  const directory = kept ?? (await mkdtemp(join(tmpdir(), "rookery-plans-")));
  // As root, PostgreSQL runs under another account, which has to pass through.
  await chmod(directory, 0o711);
  try {
    await onDatabaseIn(directory, work, fill);
  } finally {
    if (kept === undefined) await rm(directory, { recursive: true, force: true });
  }
}

async function onDatabaseIn(
  directory: string,
  work: (database: PlansDatabase) => Promise<void>,
  fill: (superuser: pg.Client) => Promise<void>,
): Promise<void> {
  const engine = await startEmbedded({
    dataDir: directory,
    log: () => undefined,
    settings: { fsync: "off", shared_buffers: "1GB", max_wal_size: "4GB" },
  });
  const open = async (user: string, options = ""): Promise<pg.Client> => {
    const client = new pg.Client({ ...engine.connection, user, options });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  try {
    await migrate(engine);
    const superuser = await open("postgres");
    await superuser.query(MADE_IDS);
    const { rows } = await superuser.query("select from messages limit 1");
    if (rows.length === 0) await fill(superuser);
    await work({ engine, superuser, open });
    await superuser.end();
  } finally {
    await engine.stop();
  }
}
