/** A migrated database for one test file, gone afterwards. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { urlOf } from "./global-setup.ts";

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Ends every other connection to the client's database. A worker of autovacuum is none, and only a superuser may end it. */
export async function dropOtherConnections(client: pg.Client): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
}

/** @param template what it is a copy of; the migrated one of the run when absent */
export async function createDatabase(template = inject("template")): Promise<TestDatabase> {
  const server = inject("databaseUrl");
  const name = `rookery_test_${randomBytes(6).toString("hex")}`;
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(`create database ${name} template ${template}`);
  const drop = `drop database if exists ${name}`;
  return {
    url: urlOf(server, name),
    // Force may not end an autovacuum, which belongs to the superuser; without it PostgreSQL ends that one itself.
    drop: () => run(`${drop} with (force)`).catch(() => run(drop)),
  };
}
