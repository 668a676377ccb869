/** What installations hold beside mail, for `routes.ts`: written by SQL to the inboxes and messages that `search-data.ts` writes. */
import type pg from "pg";
import { ask } from "./client.ts";
import { INBOXES, INBOXES_PER_POD, LARGE_INBOX_MESSAGES, MESSAGES_PER_INBOX } from "./search-data.ts";
import type { ServerProcess } from "./server.ts";

/** `made` as in search-data.ts; `made_at` gives ids in the order of their times, as the server's own. */
const MADE = `
  create function pg_temp.made(kind text, number bigint) returns uuid language sql immutable
    return (overlay(overlay(md5(kind || number) placing '7' from 13 for 1) placing '8' from 17 for 1))::uuid;
  create function pg_temp.made_at(at timestamptz, kind text, number bigint) returns uuid language sql immutable
    return (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || overlay(overlay(substr(md5(kind || number), 1, 20)
      placing '7' from 1 for 1) placing '8' from 5 for 1))::uuid`;

const pod = (inbox: string): string => `pg_temp.made('pod', (${inbox}) / ${INBOXES_PER_POD})`;
const inbox = (number: string): string => `pg_temp.made('inbox', ${number})`;
const messageInbox = `case when m < ${LARGE_INBOX_MESSAGES} then 0 else (m - ${LARGE_INBOX_MESSAGES}) / ${MESSAGES_PER_INBOX} + 1 end`;
/** A quarter of what inboxes have is the first one's, the rest everybody's. */
const holder = `case when n % 4 = 0 then 0 else n * 7919 % ${INBOXES} end`;
/** Over the last 28 days, oldest first; to the millisecond, as the server's own and its cursors. */
const at = (rows: number): string =>
  `date_trunc('milliseconds', date_trunc('day', now()) - interval '28 days' * (1 - n::float8 / ${rows}))`;

/** `n` counts the rows, `i` is the inbox of each, `o` the organization. */
function insert(
  rows: number,
  table: string,
  columns: Readonly<Record<string, string>>,
  where = "true",
): string {
  return `insert into ${table} (organization_id, ${Object.keys(columns)
    .map((name) => `"${name}"`)
    .join(", ")})
    select o, ${Object.values(columns).join(", ")}
    from (select id as o from organizations order by created_at limit 1) as organization, (select n, ${holder} as i, ${at(rows)} as t
      from generate_series(0::bigint, ${rows - 1}) as n) as numbered where ${where} on conflict do nothing`;
}

const home = { pod_id: pod("i"), inbox_id: inbox("i") };
/** Of a thing that an inbox, a pod or the organization owns. */
const owned = {
  pod_id: `case when n % 100 <> 1 then ${pod("i")} end`,
  inbox_id: `case when n % 100 > 9 then ${inbox("i")} end`,
};
/** Of one of the messages that search-data.ts wrote. */
const aMessage = `pg_temp.made('message', case i when 0 then n % ${LARGE_INBOX_MESSAGES} else ${LARGE_INBOX_MESSAGES} + (i - 1) * ${MESSAGES_PER_INBOX} end)`;
const [MONTH_HOURS, EVENTS] = [672, 1_000_000];
const [noTexts, noIds] = ["'{}'::text[]", "'{}'::uuid[]"];
const domain = "'d' || n % 300 || '.test'";
const stamps = { created_at: "t", updated_at: "t" };
const times = (hour: string): string => `date_trunc('day', now()) - ${hour} * interval '1 hour'`;
const parts = "array_fill(0, array[61])";

/** In the order of their foreign keys, which nobody looks at. `$1` is a sealed secret. */
const rows: readonly string[] = [
  insert(100_000, "api_keys", {
    id: "pg_temp.made_at(t, 'key', n)",
    ...owned,
    name: "'key ' || n",
    prefix: "'am_us_' || n",
    secret_sha256: "sha256(n::text::bytea)",
    ...stamps,
    expires_at: "case n % 50 when 0 then now() + interval '9 days' end",
  }),
  insert(20, "policies", {
    id: "pg_temp.made_at(t, 'policy', n)",
    name: "'policy ' || n",
    options: "'{}'",
    spam_detection: "'{}'",
    limits: `'{"sendsPerDay": 500}'`,
    ...stamps,
  }),
  insert(200, "rules", {
    id: "pg_temp.made_at(t, 'rule', n)",
    name: "'rule ' || n",
    priority: "n",
    enabled: "true",
    match_operator: "'any'",
    trigger: "case when n % 2 = 0 then 'inbound' else 'outbound' end",
    list_ids: noIds,
    ...stamps,
    actions: `'[{"type": "mark_as_read"}]'`,
    conditions: `jsonb_build_array(jsonb_build_object('field', 'from.domain', 'operator', 'is', 'value', 'd' || n || '.test'))`,
  }),
  insert(50, "value_lists", {
    id: "pg_temp.made_at(t, 'list', n)",
    name: "'list ' || n",
    type: "'domain'",
    items_count: "2000",
    ...stamps,
  }),
  insert(100_000, "value_list_items", {
    list_id: "(select id from value_lists where name = 'list ' || n % 50)",
    value: "'v' || n || '.test'",
    id: "pg_temp.made_at(t, 'item', n)",
    created_at: "t",
  }),
  insert(10_000, "domains", {
    id: "pg_temp.made_at(t, 'domain', n)",
    pod_id: `case when n % 2 = 0 then ${pod("i")} end`,
    domain: "'own' || n || '.test'",
    status: "case when n % 10 = 9 then 'PENDING' else 'VERIFIED' end",
    feedback_enabled: "true",
    subdomains_enabled: "false",
    tracking_enabled: "false",
    ...stamps,
    next_check_at: "now() + interval '1 day'",
  }),
  insert(10_000, "webhooks", {
    id: "pg_temp.made_at(t, 'webhook', n)",
    ...owned,
    url: "'https://hooks.test/' || n",
    enabled: "n % 20 <> 3",
    event_types: "array['message.received']",
    pod_ids: noIds,
    inbox_ids: noIds,
    secret_sealed: "$1",
    ...stamps,
    failing_since: "case n % 20 when 3 then t end",
  }),
  insert(200, "polling_webhooks", {
    id: "pg_temp.made_at(t, 'polling', n)",
    ...owned,
    client_id: "'polling ' || n",
    last_position: "0",
    event_types: "array['message.received']",
    pod_ids: noIds,
    inbox_ids: noIds,
    token_sha256: "sha256(n::text::bytea)",
    ...stamps,
  }),
  insert(EVENTS, "events", {
    ...home,
    id: "pg_temp.made_at(t, 'event', n)",
    message_uuid: aMessage,
    created_at: "t",
    type: "(array['message.received', 'message.received', 'message.labelled', 'message.sent', 'message.delivered'])[1 + n % 5]",
    data: `'{"labels": ["received"]}'`,
  }),
  insert(
    EVENTS,
    "webhook_deliveries",
    {
      ...home,
      event_id: "pg_temp.made_at(t, 'event', n)",
      webhook_id: `(array(select id from webhooks order by id))[1 + n * 31 % 10000]`,
      ...stamps,
      attempts: "1 + (n % 3)::integer",
      state: "case when n % 300 = 0 then 'failed' when n % 600 = 3 then 'pending' else 'delivered' end",
      next_attempt_at: "case when n % 600 = 3 then now() + interval '2 days' end",
    },
    "n % 3 = 0",
  ),
  `insert into webhook_attempts (pod_id, event_id, webhook_id, attempt, organization_id, inbox_id, status, outcome, duration_ms, created_at)
     select pod_id, event_id, webhook_id, attempt, organization_id, inbox_id, 500, 'status', 9, created_at
     from webhook_deliveries, generate_series(1, attempts) as attempt`,
  insert(100_000, "polling_events", {
    ...home,
    event_id: `pg_temp.made_at(${at(EVENTS)}, 'event', n)`,
    webhook_id: "(array(select id from polling_webhooks order by id))[1 + n % 200]",
    position: "case when n < 90000 then n end",
  }),
  insert(100_000, "outbound_deliveries", {
    ...home,
    id: "pg_temp.made_at(t, 'delivery', n)",
    message_uuid: aMessage,
    ...stamps,
    attempts: "1",
    state:
      "case when n % 20 = 1 then 'deferred' when n % 20 = 3 then 'failed' when n % 20 = 5 then 'bounced' when n % 40 = 7 then 'queued' else 'delivered' end",
    next_attempt_at: "now() + interval '2 days'",
    domain,
    recipients: `array['r' || n || '@' || ${domain}]`,
    attempted_at: "t",
    expires_at: "t + interval '40 days'",
  }),
  insert(50_000, "drafts", {
    ...home,
    id: "pg_temp.made_at(t, 'draft', n)",
    kind: "'new'",
    references: noTexts,
    reply_to: noTexts,
    to: "array['r@d1.test']",
    labels: "case when n % 10 = 1 then array['draft', 'scheduled'] else array['draft'] end",
    cc: noTexts,
    bcc: noTexts,
    subject: "'Draft ' || n",
    attachment_count: "0",
    size: "9",
    attempts: "0",
    send_at: "case when n % 10 = 1 then now() + interval '2 days' end",
    send_status: "case when n % 10 = 1 then 'scheduled' end",
    due_at: "case when n % 10 = 1 then now() + interval '2 days' end",
    ...stamps,
  }),
  insert(100_000, "list_entries", {
    id: "pg_temp.made_at(t, 'entry', n)",
    direction: "case when n % 2 = 0 then 'send' else 'receive' end",
    pod_id: pod("0"),
    list_type: "'block'",
    entry: "'e' || n || '@d1.test'",
    created_at: "t",
    cause: "case when n % 4 = 0 then 'bounce' end",
  }),
  insert(10_000, "list_entries", {
    ...owned,
    id: "pg_temp.made_at(t, 'few', n)",
    list_type: "case when n % 3 = 0 then 'allow' else 'block' end",
    direction: "(array['send', 'receive', 'reply'])[1 + n % 3]",
    entry: "'f' || n || '.test'",
    created_at: "t",
  }),
  insert(200_000, "attachments", {
    ...home,
    id: "pg_temp.made_at(t, 'attachment', n)",
    message_uuid: aMessage,
    size: "3",
    position: "0",
    thread_id: aMessage.replace("'message'", "'thread'"),
    filename: "'file.txt'",
    content_type: "'text/plain'",
    sha256: "sha256('raw')",
  }),
  insert(500_000, "rule_evaluations", {
    ...home,
    id: "pg_temp.made_at(t, 'evaluation', n)",
    stage: "'arrival'",
    message_uuid: aMessage,
    applied: noTexts,
    from_address: "'a@d1.test'",
    folders: noTexts,
    matched_rule_ids: noIds,
    created_at: "t",
  }),
  insert(1_000_000, "audit", {
    ...home,
    id: "pg_temp.made_at(t, 'audit', n)",
    actor: "'key'",
    operation: "'message.update'",
    created_at: "t",
  }),
  insert(100_000, "idempotency_keys", {
    ...home,
    key: "'k' || n",
    fingerprint: "'\\x00'",
    result: "'{}'",
    created_at: "now()",
  }),
  insert(500_000, "event_counts", {
    ...home,
    hour: times(`(n * 7 % ${MONTH_HOURS})`),
    type: "'message.received'",
    count: "3",
  }),
  insert(MONTH_HOURS * 4, "organization_event_counts", {
    hour: times("(n / 4)"),
    count: "900",
    type: "(array['message.received', 'message.sent', 'message.delivered', 'message.bounced'])[1 + n % 4]",
  }),
  insert(200_000, "outbound_counts", {
    ...home,
    minute: "date_trunc('minute', t)",
    sent: "3",
    bounced: "0",
    complained: "0",
  }),
  insert(500_000, "usage_history", { ...home, at: "t", bytes: "n", messages: "n", threads: "n" }),
  insert(100_000, "sent_recipients", { ...home, recipient: "'r' || n || '@d1.test'" }),
  insert(INBOXES, "receive_counts", {
    pod_id: pod("n"),
    inbox_id: inbox("n"),
    day: "current_date",
    received: "3",
  }),
  insert(INBOXES, "send_counts", {
    pod_id: pod("n"),
    inbox_id: inbox("n"),
    day: "current_date",
    sent: "3",
    new_recipients: "0",
    knows_recipients: "true",
    minute_part: "0",
    minute: parts,
    five_minutes_part: "0",
    five_minutes: parts,
    hour_part: "0",
    hour: parts,
    thirty_days_part: "0",
    thirty_days: parts,
  }),
  insert(50_000, "addresses", {
    pod_id: pod("2 * n"),
    inbox_id: inbox("2 * n"),
    address: "'alias-' || n || '@rookery.localhost'",
    kind: "'alias'",
  }),
  insert(9000, "addresses", {
    pod_id: pod("10 * n"),
    inbox_id: inbox("10 * n"),
    address: "'@own' || n || '.test'",
    kind: "'catch_all'",
  }),
  insert(INBOXES, "client_ids", {
    home_id: pod("n"),
    kind: "'inbox'",
    client_id: "'agent-' || n",
    pod_id: pod("n"),
    resource_id: inbox("n"),
  }),
  `update inboxes set client_id = 'agent-' || split_part(split_part(address, '@', 1), '-', 2), app_password_hash = 'none' where address like 'agent-%'`,
  ...["pods", "inboxes"].map(
    (table) =>
      `update ${table} set created_at = date_trunc('milliseconds', created_at), updated_at = date_trunc('milliseconds', updated_at)`,
  ),
  `update inboxes set paused_at = now(), paused_from = 'inbox' where hashtext(address) % 100 = 0`,
  `update pods set policy_id = (select id from policies limit 1), rule_ids = array(select id from rules order by id limit 5),
     group_domain = 'own' || abs(hashtext(id::text)) % 9000 || '.test' where hashtext(id::text) % 2 = 0`,
  // Every twentieth was sent, and every hundredth has a label, or hides.
  `update messages as u set labels = wanted.labels, direction = wanted.direction from (
     select ${pod(messageInbox)} as pod_id, pg_temp.made('message', m) as id,
       case when m % 20 = 1 then array['sent'] when m % 100 = 2 then array['received', 'spam'] when m % 100 = 4 then array['received', 'trash']
         when m % 100 = 6 then array['received', 'urgent'] else array['received'] end as labels,
       case when m % 20 = 1 then 'outbound' else 'inbound' end as direction
     from generate_series(0::bigint, ${LARGE_INBOX_MESSAGES + (INBOXES - 1) * MESSAGES_PER_INBOX - 1}) as m where m % 20 = 1 or m % 100 in (2, 4, 6)) as wanted
   where u.pod_id = wanted.pod_id and u.id = wanted.id`,
  `update threads as t set labels = m.labels from messages as m where not m.labels @> '{unread}' and t.pod_id = m.pod_id and t.id = m.thread_id`,
];

/**
 * Once: a database that has been filled stays as it is.
 * @param client as a superuser: foreign keys are not looked at, the rows are right by construction
 * @param server of this database, which seals the secret of all webhooks
 */
export async function fillForRoutes(client: pg.Client, server: ServerProcess): Promise<void> {
  const { rowCount } = await client.query("select from policies limit 1");
  if (rowCount === 1) return;
  await ask(server, server.rootKey, "/webhooks", {
    url: "https://hooks.test/sealed",
    event_types: ["message.received"],
  });
  const sealed = await client.query<{ secret_sealed: Buffer }>("select secret_sealed from webhooks limit 1");
  await client.query(MADE);
  await client.query("set session_replication_role = replica");
  for (const [index, statement] of rows.entries()) {
    await client.query(statement, statement.includes("$1") ? [sealed.rows[0]?.secret_sealed] : []);
    console.error(`  ${index + 1} of ${rows.length} statements written`);
  }
  await client.query("set session_replication_role = origin");
  await client.query("vacuum analyze");
}
