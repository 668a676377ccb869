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
import { openExternal } from "../../src/storage/engines/external.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { copyCluster, makeCluster, UNSAFE_SETTINGS } from "./prepared-cluster.ts";
import { makePackage } from "./program.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** URL of the server's maintenance database, as a role that may create databases. */
    databaseUrl: string;
    /** Name of the migrated template. */
    template: string;
    /** A data directory whose data files are made and migrated. */
    cluster: string;
    /** The folder of the program as packages bring it. */
    package: string;
  }
}

interface Server {
  readonly url: string;
  readonly template: string;
  end(): Promise<void>;
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "rookery-test-"));
  await chmod(directory, 0o711);
  const cluster = join(directory, "prepared");
  const program = join(directory, "package");
  await Promise.all([makeCluster(cluster), makePackage(program)]);
  const given = process.env["DATABASE_URL"] ?? "";
  const server = given === "" ? await startOn(cluster, join(directory, "run")) : await useExternal(given);
  project.provide("databaseUrl", server.url);
  project.provide("template", server.template);
  project.provide("cluster", cluster);
  project.provide("package", program);
  return async () => {
    await server.end();
    await rm(directory, { recursive: true, force: true });
  };
}

/** On a copy of the data files: what is in them is the template. */
async function startOn(cluster: string, dataDir: string): Promise<Server> {
  await copyCluster(cluster, dataDir);
  const settings = { ...UNSAFE_SETTINGS, max_connections: "400" };
  const engine = await startEmbedded({ dataDir, log: () => undefined, settings });
  if (!("host" in engine.connection)) throw new Error("the embedded engine is reached by its socket");
  const { host, port, user, database } = engine.connection;
  return {
    // Not the template: a database that is in use cannot be copied.
    url: `postgresql://${user}@localhost:${port}/postgres?host=${encodeURIComponent(host)}`,
    template: database,
    end: () => engine.stop(),
  };
}

async function useExternal(url: string): Promise<Server> {
  const template = `rookery_template_${process.pid}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${template}`);
  await migrate(await openExternal(urlOf(url, template)));
  return {
    url,
    template,
    async end() {
      await client.query(`drop database ${template} with (force)`);
      await client.end();
    },
  };
}

/** The same server, another database. */
export function urlOf(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
