/**
 * One PostgreSQL for the whole run: the embedded one, or the one of DATABASE_URL. Each test file gets a database of its
 * own, cloned from a migrated template.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbedded } from "../../src/storage/engines/embedded.ts";
import type { Engine } from "../../src/storage/engines/engine.ts";
import { openExternal } from "../../src/storage/engines/external.ts";
import { migrate } from "../../src/storage/migrate.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** URL of the server's maintenance database, as a role that may create databases. */
    databaseUrl: string;
    /** Name of the migrated template. */
    template: string;
  }
}

async function startEngine(): Promise<{ engine: Engine; url: string; end: () => Promise<void> }> {
  const given = process.env["DATABASE_URL"];
  if (given !== undefined && given !== "") {
    const engine = await openExternal(given);
    return { engine, url: given, end: () => engine.stop() };
  }
  const directory = await mkdtemp(join(tmpdir(), "rookery-test-"));
  await chmod(directory, 0o711);
  const engine = await startEmbedded({
    dataDir: directory,
    log: () => undefined,
    settings: {
      max_connections: "400",
      // A worker of autovacuum that looks at a database just then keeps a role without rights from dropping it.
      autovacuum: "off",
      // Nothing here outlives the run: what must, is tested on servers of its own. Dropping a database waits for a checkpoint.
      fsync: "off",
      full_page_writes: "off",
    },
  });
  if (!("host" in engine.connection)) throw new Error("the embedded engine is reached by its socket");
  const { host, port, user, database } = engine.connection;
  return {
    engine,
    url: `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
    end: async () => {
      await engine.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, end } = await startEngine();
  const template = `rookery_template_${process.pid}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${template}`);
  await migrate(await openExternal(urlOf(url, template)));
  project.provide("databaseUrl", url);
  project.provide("template", template);
  return async () => {
    await client.query(`drop database ${template} with (force)`);
    await client.end();
    await end();
  };
}

/** The same server, another database. */
export function urlOf(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
