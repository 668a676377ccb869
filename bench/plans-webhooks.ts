/**
 * `node bench/plans-webhooks.ts`: what webhooks were sent, listed at 10,000 endpoints, a million deliveries and as many attempts. One endpoint
 * of a pod has 300,000 of them, one of the organization 100,000 over all pods. The operations run through the door; the statements that
 * they send are explained as they were sent.
 */
import type pg from "pg";
import type { PageRequest } from "../src/domain/door/cursor.ts";
import {
  getSentEvent,
  listSentAttempts,
  listSentEvents,
  recoverWebhook,
} from "../src/domain/notify/webhooks/index.ts";
import { openDoorOn } from "../test/support/test-door.ts";
import { type PlansDatabase, withPlansDatabase } from "./plans-database.ts";
import { measure, noteStatements, type Parts, TABLE_HEAD } from "./plans-operation.ts";

/** Token of an unrestricted key of the organization, and of one that may read no label that hides mail. */
const KEY = "am_us_plans";
const BLIND_KEY = "am_us_blind";
const CONNECTIONS = 2;
const PODS = 1000;
const ENDPOINTS = 10_000;
/** By hand fewer, where the machine does much else. */
const DELIVERIES = Number(process.env["WEBHOOK_DELIVERIES"] ?? 1_000_000);
/** Of the first endpoint, and of the organization's. */
const OF_LARGE = DELIVERIES * 0.3;
const OF_WIDE = DELIVERIES * 0.1;
const PER_MESSAGE = 10;
const DAYS = 29;

const organization = "pg_temp.made('organization', 0)";
/** Of a delivery's number: those of the large endpoint are in the first pod. */
const pod = `pg_temp.made('pod', case when n <= ${OF_LARGE} then 0 else n % ${PODS} end)`;
const inbox = `pg_temp.made('inbox', case when n <= ${OF_LARGE} then 0 else n % ${PODS} end)`;
const webhook = `pg_temp.made('webhook', case when n <= ${OF_LARGE} then 0 when n <= ${OF_LARGE + OF_WIDE} then -1
  else n % ${PODS} + ${PODS} * (n / ${PODS} % ${ENDPOINTS / PODS}) end)`;
const numbers = `generate_series(1::bigint, ${DELIVERIES}) as n`;
/** Spread over the time that events are kept, in no order. */
const NOW = new Date().toISOString();
const at = `(timestamptz '${NOW}' - make_interval(secs => ${DAYS * 86_400}.0 * (hashint8(n) & 65535) / 65536.0))`;
const event = `overlay(overlay(lpad(to_hex((extract(epoch from ${at}) * 1000)::bigint), 12, '0') || substr(md5(n::text), 1, 20)
  placing '7' from 13 for 1) placing '8' from 17 for 1)::uuid`;
const message = `pg_temp.made('message', n / ${PER_MESSAGE})`;
/** One in a thousand failed, as many are pending. */
const state = "case n % 1000 when 0 then 'failed' when 1 then 'pending' else 'delivered' end";

const statements = [
  `insert into organizations values (${organization}, 'Bench', now(), now())`,
  `insert into pods select pg_temp.made('pod', n), ${organization}, 'pod', null::text, now(), now() from generate_series(0::bigint, ${PODS - 1}) as n`,
  `insert into inboxes (pod_id, organization_id, id, address, created_at, updated_at)
     select pg_temp.made('pod', n), ${organization}, pg_temp.made('inbox', n), 'agent-' || n || '@rookery.localhost', now(), now()
     from generate_series(0::bigint, ${PODS - 1}) as n`,
  `insert into messages (pod_id, organization_id, inbox_id, id, thread_id, message_id, direction, labels, timestamp, sender,
     reply_to, "to", cc, bcc, subject, preview, text, "references", headers, size, attachment_count, raw_sha256, created_at,
     updated_at, content_sha256)
     select distinct on (n / ${PER_MESSAGE}) ${pod}, ${organization}, ${inbox}, ${message}, ${message}, '<' || n || '@x>', 'inbound', '{received}'::text[],
       now(), 'a@outside.test', '{}'::text[], '{b@outside.test}'::text[], '{}'::text[], '{}'::text[], 'Subject', 'Preview', 'Text', '{}'::text[], '{}'::jsonb, 3, 0,
       sha256('raw'), now(), now(), sha256(n::text::bytea) from ${numbers} order by n / ${PER_MESSAGE}`,
  `insert into events (pod_id, id, organization_id, inbox_id, type, message_uuid, data, created_at)
     select ${pod}, ${event}, ${organization}, ${inbox}, case when n % 5000 = 3 then 'message.bounced' else 'message.received' end, ${message}, '{}', ${at}
     from ${numbers}`,
  `insert into webhook_deliveries (pod_id, event_id, webhook_id, organization_id, inbox_id, state, attempts, next_attempt_at, created_at, updated_at)
     select ${pod}, ${event}, ${webhook}, ${organization}, ${inbox}, ${state}, 1, case n % 1000 when 1 then now() end, ${at}, ${at} from ${numbers}`,
  `insert into webhook_attempts (pod_id, event_id, webhook_id, attempt, organization_id, inbox_id, status, outcome, detail, duration_ms, created_at)
     select pod_id, event_id, webhook_id, 1, organization_id, inbox_id, 500, 'refused', repeat('x', 200), 5, created_at from webhook_deliveries`,
];

async function fillDeliveries(client: pg.Client): Promise<void> {
  await client.query("set session_replication_role = replica");
  for (const statement of statements) await client.query(statement);
}

/** Behind the first start: endpoints whose secrets its seal key does not open would end it. */
async function addEndpoints(client: pg.Client): Promise<void> {
  await client.query(`insert into webhooks (id, organization_id, pod_id, url, event_types, pod_ids, inbox_ids, secret_sealed, enabled,
      created_at, updated_at)
    select pg_temp.made('webhook', n), ${organization}, case when n >= 0 then pg_temp.made('pod', n % ${PODS}) end, 'https://x.test/',
      '{message.received}', '{}', '{}', 'x', true, now(), now() from generate_series(-1::bigint, ${ENDPOINTS - 1}) as n`);
  for (const [token, permissions] of [
    [KEY, null],
    [BLIND_KEY, '{"webhook_read": true, "message_read": true}'],
  ])
    await client.query(
      `insert into api_keys (id, organization_id, name, prefix, secret_sha256, permissions, created_at, updated_at)
        values (gen_random_uuid(), ${organization}, 'plans', 'am_us', sha256($1::text::bytea), $2, now(), now())`,
      [token, permissions],
    );
  await client.query("vacuum analyze");
}

const page: PageRequest = { size: 100, after: null, ascending: false };

/** Once, as it changes what it reads. */
async function recover({ t }: Parts, name: string, id: string): Promise<void> {
  const since = new Date(Date.now() - DAYS * 86_400_000);
  const began = performance.now();
  const { count } = await t.run(KEY, recoverWebhook, {}, { id, since });
  console.log(
    `| ${name}: recover ${count} | organization | ${(performance.now() - began).toFixed(1)} | | | |`,
  );
}

async function measureAll(parts: Parts, endpoints: ReadonlyMap<string, string>): Promise<void> {
  console.log(TABLE_HEAD);
  for (const [name, id] of endpoints) {
    const list = (what: string, more: object, token = KEY): Promise<void> =>
      measure({ ...parts, token }, `${name}: ${what}`, listSentEvents, {}, { id, page, ...more });
    await list("all", {});
    await list("the oldest", { page: { ...page, ascending: true } });
    for (const state of ["failed", "pending", "delivered"]) await list(state, { states: [state] });
    await list("failed, of one day", { states: ["failed"], after: new Date(Date.now() - 86_400_000) });
    await list("a type that is rare", { eventTypes: ["message.bounced"] });
    await list("all, by a key without labels", {}, BLIND_KEY);
    const found = await parts.t.run(KEY, listSentEvents, {}, { id, page });
    const eventId = found.items[0]?.eventId ?? "";
    await measure(parts, `${name}: one event`, getSentEvent, {}, { id, eventId });
    await measure(parts, `${name}: its attempts`, listSentAttempts, {}, { id, eventId, page });
    await recover(parts, name, id);
  }
}

async function main({ engine, superuser, open }: PlansDatabase): Promise<void> {
  const app = await open("rookery_owner", "-c role=rookery_app");
  const statements = noteStatements();
  const t = await openDoorOn(engine, CONNECTIONS);
  await addEndpoints(superuser);
  const { rows } = await superuser.query<{ large: string; wide: string; small: string }>(
    `select pg_temp.made('webhook', 0) as large, pg_temp.made('webhook', -1) as wide, pg_temp.made('webhook', 4321) as small`,
  );
  await measureAll({ t, app, statements, token: KEY }, new Map(Object.entries(rows[0] ?? {})));
  await t.close();
  await app.end();
}

await withPlansDatabase(main, fillDeliveries);
