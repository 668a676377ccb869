/** A tenant with one of everything, and a fingerprint of all that is stored. */
import pg from "pg";
import { holds, permissions } from "../../src/domain/door/access/index.ts";
import type { Route } from "../../src/transport/http/dialect/route.ts";
import { dialects } from "../dialects/index.ts";
import { furnish } from "../nouns/index.ts";
import type { Things } from "../nouns/noun.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

export interface Tenant {
  readonly app: TestApp;
  readonly things: Things;
  readonly database: pg.Client;
  /** The key for a route: what an unrestricted one does not hold needs one that was granted everything. */
  keyFor(route: Route): string;
  /** Changes with anything that is stored, but for when a key was last used. */
  fingerprint(): Promise<string>;
  stop(): Promise<void>;
}

/** No workers: what is stored changes only by what is sent. Private targets are refused, as in an installation. */
export async function openTenant(): Promise<Tenant> {
  const app = await testApp({ ROOKERY_SERVICES: "http", ROOKERY_ALLOW_PRIVATE_TARGETS: "0" }, dialects);
  const database = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await database.connect();
  const tables = await tablesOf(database);
  const all = Object.fromEntries(permissions.map((name) => [name, true]));
  const { body } = await app.request("POST", "/v0/api-keys", { body: { permissions: all } });
  const grantedAll = String(body["api_key"]);
  return {
    app,
    database,
    things: await furnish(app, "one.of-all"),
    keyFor: ({ needs }) =>
      needs.every(({ permission }) => holds("organization", null, permission)) ? app.rootKey : grantedAll,
    fingerprint: () => fingerprintOf(database, tables),
    async stop() {
      await database.end();
      await app.stop();
    },
  };
}

async function tablesOf(database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not in ('migrations', 'worker_processes') order by 1",
  );
  return rows.map(({ name }) => name);
}

async function fingerprintOf(database: pg.Client, tables: readonly string[]): Promise<string> {
  const each = tables.map(
    (table) =>
      `select '${table} ' || count(*) || ' ' || coalesce(md5(string_agg(row, '' order by row)), '') as line from (select (to_jsonb(t) - 'used_at')::text as row from ${table} t) rows`,
  );
  // Prepared, since planning it takes several times as long as running it.
  const { rows } = await database.query<{ line: string }>({
    name: "fingerprint",
    text: each.join(" union all "),
  });
  // PostgreSQL may read the tables in parallel.
  return rows
    .map(({ line }) => line)
    .toSorted()
    .join("\n");
}
