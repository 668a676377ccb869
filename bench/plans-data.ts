/** A million messages for `plans.ts`, written by SQL. */
import type pg from "pg";

/** Messages of the first inbox, which is much larger than the others. */
export const LARGE = 300_000;
const INBOXES = 7000;
const INBOXES_PER_POD = 70;
const MESSAGES_PER_INBOX = 100;
/** One message in this many has the label that is looked for. */
const RARE = 1000;
/** Messages of that inbox, the newest, that have a label which no other has. */
const RECENT = 80;
const DELIVERIES = 100_000;

/** Ids come from a number, so that the rows of one statement find those of another. */
export const MADE_IDS = `create function pg_temp.made(kind text, number bigint) returns uuid language sql immutable
  return (overlay(overlay(md5(kind || number) placing '7' from 13 for 1) placing '8' from 17 for 1))::uuid`;

const pod = `pg_temp.made('pod', i / ${INBOXES_PER_POD})`;
const inbox = "pg_temp.made('inbox', i)";
const organization = "pg_temp.made('organization', 0)";
const inboxes = `generate_series(0::bigint, ${INBOXES - 1}) as i`;
const messages = `${inboxes}, generate_series(1, case i when 0 then ${LARGE} else ${MESSAGES_PER_INBOX} end) as m`;
const number = "(i * 1000000 + m)";
const labels = `case when m > ${LARGE - RECENT} then '{received,recent}' when m % ${RARE} = 0 then '{received,rare}' when m % 2 = 0 then '{received,unread}' else '{received}' end::text[]`;
const at = "(timestamptz '2026-01-01' + make_interval(secs => i % 5000 + m * 60))";

const inserts = [
  `insert into organizations values (${organization}, 'Bench', now(), now())`,
  `insert into pods select distinct ${pod}, ${organization}, 'pod', null::text, now(), now() from ${inboxes}`,
  `insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
     select distinct ${pod}, sha256('raw'), ${organization}, 3, 'raw'::bytea, now() from ${inboxes}`,
  `insert into inboxes (pod_id, organization_id, id, address, created_at, updated_at)
     select ${pod}, ${organization}, ${inbox}, 'agent-' || i || '@rookery.localhost', now(), now() from ${inboxes}`,
  `insert into addresses (address, pod_id, organization_id, inbox_id)
     select 'agent-' || i || '@rookery.localhost', ${pod}, ${organization}, ${inbox} from ${inboxes}`,
  `insert into api_keys (id, organization_id, pod_id, inbox_id, name, prefix, secret_sha256, created_at, updated_at)
     select pg_temp.made('key', i), ${organization}, ${pod}, ${inbox}, 'key', 'am_', sha256(('key' || i)::bytea), now(), now()
     from ${inboxes}`,
  `insert into threads (pod_id, organization_id, inbox_id, id, subject, preview, labels, senders, recipients, message_count,
     size, last_message_id, timestamp, received_timestamp, created_at, updated_at)
     select ${pod}, ${organization}, ${inbox}, pg_temp.made('thread', ${number}), 'Subject', 'Preview', ${labels},
       '{a@outside.test}', '{b@outside.test}', 1, 3, '<' || ${number} || '@x>', ${at}, ${at}, now(), now()
     from ${messages} where m % 2 = 0`,
  `insert into messages (pod_id, organization_id, inbox_id, id, thread_id, message_id, direction, labels, timestamp, sender,
     reply_to, "to", cc, bcc, subject, preview, text, "references", headers, size, attachment_count, raw_sha256, created_at,
     updated_at, content_sha256, sent_message_id, conversation_id)
     select ${pod}, ${organization}, ${inbox}, pg_temp.made('message', ${number}),
       pg_temp.made('thread', i * 1000000 + (m + 1) / 2 * 2), '<' || ${number} || '@x>', 'inbound', ${labels}, ${at},
       'a' || m % 100 || '@outside.test', '{}', '{b@outside.test}', '{}', '{}', 'Subject ' || m, 'Preview',
       repeat('text ', 60), '{}', '{}', 3, 0, sha256('raw'), now(), now(), sha256((${number})::text::bytea),
       case when m % ${RARE} = 1 then '<reused@x>' end,
       case when m % 4 = 0 then pg_temp.made('conversation', i * 1000 + m % 1000) end from ${messages}`,
  `insert into webhooks (id, organization_id, pod_id, url, event_types, pod_ids, inbox_ids, secret_sealed, enabled, created_at,
     updated_at) select distinct ${pod}, ${organization}, ${pod}, 'https://x.test/', '{message.received}'::text[], array[${pod}],
     '{}'::uuid[], 'x'::bytea, true, now(), now() from ${inboxes}`,
  `insert into events (pod_id, id, organization_id, inbox_id, type, data, created_at)
     select ${pod}, pg_temp.made('event', n), ${organization}, ${inbox}, 'message.received', '{}', now()
     from generate_series(1::bigint, ${DELIVERIES}) as n cross join lateral (select n % ${INBOXES} as i) as one`,
  `insert into webhook_deliveries (pod_id, event_id, webhook_id, organization_id, inbox_id, state, attempts, created_at,
     updated_at) select pod_id, id, pod_id, organization_id, inbox_id, 'pending', 0, now(), now() from events`,
];

/** @param client as a superuser: foreign keys are not looked at, the rows are right by construction */
export async function fillMail(client: pg.Client): Promise<void> {
  await client.query("set session_replication_role = replica");
  for (const insert of inserts) await client.query(insert);
  await client.query("vacuum analyze");
}

/** Ids of the large inbox, of what it holds and of what lies around it. */
export interface MadeIds {
  readonly organization: string;
  readonly pod: string;
  readonly inbox: string;
  readonly thread: string;
  readonly message: string;
  readonly event: string;
  readonly conversation: string;
  readonly otherPod: string;
  readonly otherInbox: string;
}

/** @param client the one that filled the database */
export async function madeIds(client: pg.Client): Promise<MadeIds> {
  const { rows } =
    await client.query<MadeIds>(`select ${organization} as organization, pg_temp.made('pod', 0) as pod,
    pg_temp.made('inbox', 0) as inbox, pg_temp.made('thread', ${LARGE / 2}) as thread,
    pg_temp.made('message', ${LARGE / 2}) as message, pg_temp.made('event', ${INBOXES}) as event, pg_temp.made('conversation', 0) as conversation,
    pg_temp.made('pod', ${INBOXES / INBOXES_PER_POD - 1}) as "otherPod", pg_temp.made('inbox', ${INBOXES - 1}) as "otherInbox"`);
  const [ids] = rows;
  if (ids === undefined) throw new Error("the database is empty");
  return ids;
}
