import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startEmbedded } from "../src/storage/engines/embedded.ts";
import { migrate } from "../src/storage/migrate.ts";
import { firstIdAt } from "../src/lib/uuid.ts";
const dir = await mkdtemp(join(tmpdir(), "rookery-explain-"));
await chmod(dir, 0o711);
const engine = await startEmbedded({ dataDir: dir, log: () => undefined, settings: { fsync: "off", shared_buffers: "256MB", max_wal_size: "4GB" } });
try {
  await migrate(engine);
  const c = new pg.Client({ ...engine.connection, user: "postgres" });
  await c.connect(); c.on("error", () => {});
  const org = "01900000-0000-7000-8000-000000000001";
  const q = async (sql: string, v: unknown[] = []) => (await c.query(sql, v)).rows;
  await q(`insert into organizations (id, name, created_at, updated_at) values ($1,'o',now(),now())`, [org]);
  await q("set session_replication_role = replica");
  await q(`insert into events (pod_id, id, organization_id, inbox_id, type, data, created_at)
    select ('02000000-0000-7000-8000-' || lpad(to_hex(b % 1000), 12, '0'))::uuid, overlay(gen_random_uuid()::text placing substr(lpad(to_hex(ms), 12, '0'),1,8) || '-' || substr(lpad(to_hex(ms), 12, '0'),9,4) from 1 for 13)::uuid,
      $1, ('03000000-0000-7000-8000-' || lpad(to_hex(b), 12, '0'))::uuid, (array['message.received','message.sent','message.received.spam','message.delivered'])[1 + n % 4], '{}', to_timestamp(ms / 1000.0)
    from (select n, (random() * 99999)::int as b, (extract(epoch from now() - interval '30 days') * 1000 + n * 8637.0)::bigint as ms from generate_series(1, 300000) n) as x`, [org]);
  await q("analyze events"); await q("vacuum events");
  const start = new Date(Date.now() - 86400000), end = new Date();
  const sqlText = `select type, to_timestamp(floor(extract(epoch from created_at) / 900) * 900) as timestamp, count(*) from events
    where organization_id = '${org}' and id >= '${firstIdAt(start.getTime() - 60000)}'::uuid and id < '${firstIdAt(end.getTime() + 60000)}'::uuid and created_at >= '${start.toISOString()}'::timestamptz and created_at < '${end.toISOString()}'::timestamptz
    and type = any (array['message.received','message.sent']::text[]) group by 1, 2 order by 2`;
  for (const role of ["rookery_worker", "rookery_app"]) {
    await q("begin"); await q(`set local role ${role}`);
    if (role === "rookery_app") await q(`set local rookery.organization_id = '${org}'`);
    console.log(role, (await q(`explain (analyze, buffers) ${sqlText}`)).map((r: any) => r["QUERY PLAN"]).join("\n"));
    await q("rollback");
  }
  await c.end();
} catch (e) { console.log("ERR", e); } finally { await engine.stop(); await rm(dir, { recursive: true, force: true }); }
