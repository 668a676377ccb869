/** Forward-only migrations: plain SQL files applied in name order, each in its own transaction, under one lock. */
import { readdir, readFile } from "node:fs/promises";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import { packageFile } from "../lib/package-file.ts";
import type { Engine } from "./engines/engine.ts";
import { onConnection, poolConfig } from "./line.ts";
import { ACCESS_ROLES, requireOwnTables, requireRights } from "./rights.ts";

/** Key of the advisory lock that serializes migrations; arbitrary but fixed. */
const MIGRATION_LOCK = 7_406_552_017;

/**
 * Roles are cluster-wide, so another database of the same cluster may have made them, or be making them now. One that is ours
 * already is not granted again, which would need a right to grant it.
 * They may log in because nodes of a Citus cluster connect to each other as the role that runs the statement; without a
 * password that works only under `trust`.
 */
const roles = `
do $$
declare role_name text;
begin
  foreach role_name in array array[${ACCESS_ROLES.map((name) => `'${name}'`).join(", ")}] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I login nobypassrls', role_name);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    begin
      execute format('alter role %I login', role_name);
    exception when insufficient_privilege then null;
    end;
    if not pg_has_role(role_name, 'usage') then
      execute format('grant %I to current_user', role_name);
    end if;
  end loop;
end
$$`;

/** A migration that failed; the message has the file's name and PostgreSQL's error. */
export class MigrationError extends Error {}

/**
 * Brings the schema up to date. Safe to call from several processes at once: the others wait for the first.
 * @param folder of the files; those of this version when absent
 * @returns the names of the files applied by this call, in order; empty when there was nothing to do.
 * @throws EngineSetupError when the role lacks a right; MigrationError when a file fails, or is unknown to this version
 */
export async function migrate(engine: Engine, folder = packageFile("migrations/")): Promise<string[]> {
  // Without a deadline for statements: those of a migration may take long, and another process's are waited for.
  const pool = new pg.Pool(poolConfig(engine, { max: 2 }));
  pool.on("error", () => undefined);
  pool.on("connect", (connection) => connection.on("error", () => undefined));
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await requireOwnTables(client);
    const missing = await missingFiles(client, folder);
    await requireRights(client, missing.length > 0);
    if (missing.length === 0) return [];
    await client.query(
      "create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())",
    );
    await client.query(roles);
    await runMigrations({ pgPool: pool });
    for (const name of missing) await apply(client, new URL(name, folder), name);
    return missing;
  } finally {
    client.release(true);
    await pool.end();
  }
}

/** @returns the names of the files that migrate() would apply, in order. Changes nothing. @throws as migrate() does */
export const outstandingMigrations = (engine: Engine): Promise<string[]> =>
  onConnection(engine, async (client) => {
    await requireOwnTables(client);
    const missing = await missingFiles(client, packageFile("migrations/"));
    await requireRights(client, missing.length > 0);
    return missing;
  });

async function missingFiles(client: pg.ClientBase, folder: URL): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const found = await client.query("select to_regclass('public.migrations') is not null as exists");
  if (found.rows[0]?.exists !== true) return files;
  const { rows } = await client.query<{ name: string }>("select name from migrations");
  const done = new Set(rows.map((row) => row.name));
  const unknown = [...done].filter((name) => !files.includes(name));
  if (unknown.length > 0)
    throw new MigrationError(
      `This database was migrated by a newer Rookery (${unknown.join(", ")}). Upgrade Rookery, or restore the backup made before.`,
    );
  return files.filter((name) => !done.has(name));
}

async function apply(client: pg.PoolClient, file: URL, name: string): Promise<void> {
  const text = await readFile(file, "utf8");
  try {
    await client.query("begin");
    await client.query(text);
    await client.query("insert into migrations (name) values ($1)", [name]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw new MigrationError(
      `Migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
