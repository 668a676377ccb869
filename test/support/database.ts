/** A migrated database for one test file, gone afterwards. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { urlOf } from "./global-setup.ts";

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export async function createDatabase(): Promise<TestDatabase> {
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
  await run(`create database ${name} template ${inject("template")}`);
  const drop = `drop database if exists ${name}`;
  return {
    url: urlOf(server, name),
    // Force may not end an autovacuum, which belongs to the superuser; without it PostgreSQL ends that one itself.
    drop: () => run(`${drop} with (force)`).catch(() => run(drop)),
  };
}
