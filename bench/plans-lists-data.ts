/** What `plans-lists.ts` reads beside the mail of `plans-data.ts`: as many drafts, of which half have a label, as many events, and counts. */
import type pg from "pg";

/** Token of an unrestricted key of the organization. */
export const KEY = "am_us_plans";

const organization = "pg_temp.made('organization', 0)";
/** Days that the events are spread over. */
const DAYS = 29;

/** As UUID version 7 has it: the time first (RFC 9562). */
const idAt = (at: string, name: string): string =>
  `overlay(overlay(lpad(to_hex((extract(epoch from ${at}) * 1000)::bigint), 12, '0') || substr(md5(${name}), 1, 20)
    placing '7' from 13 for 1) placing '8' from 17 for 1)::uuid`;

const statements = [
  // Built at once it takes a tenth of what a million insertions take.
  `drop index drafts_by_label`,
  `insert into drafts (pod_id, id, organization_id, inbox_id, kind, "references", labels, reply_to, "to", cc, bcc, subject, attachment_count,
     size, attempts, created_at, updated_at)
     select pod_id, id, organization_id, inbox_id, 'new', '{}', array_remove(array_remove(labels, 'received'), 'unread') ||
       case when content_sha256 < '\\x80' then '{half}' else '{}' end::text[], '{}', '{}', '{}', '{}', subject, 0, 0, 0, timestamp, timestamp
     from messages`,
  `create index drafts_by_label on drafts using gin (rookery_label_marks(organization_id, pod_id, inbox_id, labels)) where labels <> '{}'`,
  `insert into events (pod_id, id, organization_id, inbox_id, type, message_uuid, data, created_at)
     select pod_id, ${idAt("at", "id::text")}, organization_id, inbox_id, 'message.received', id,
       json_build_object('labels', labels), at
     from (select *, now() - make_interval(secs => ${DAYS * 86_400} * random()) as at from messages) as m`,
  `insert into event_counts (pod_id, organization_id, inbox_id, hour, type, count)
     select pod_id, organization_id, inbox_id, date_trunc('hour', created_at, 'UTC'), type, count(*) from events
     where created_at < date_trunc('hour', now(), 'UTC') group by 1, 2, 3, 4, 5`,
  `insert into organization_event_counts (organization_id, hour, type, count)
     select organization_id, hour, type, sum(count) from event_counts group by 1, 2, 3`,
  `update organizations set counted_to = date_trunc('hour', now(), 'UTC'), events_from = now() - interval '30 days'`,
  `insert into api_keys (id, organization_id, name, prefix, secret_sha256, created_at, updated_at)
     values (pg_temp.made('key', -1), ${organization}, 'plans', 'am_us', sha256('${KEY}'), now(), now())`,
];

/** @param client as plans-data.ts fills it with */
export async function fillLists(client: pg.Client): Promise<void> {
  for (const statement of statements) await client.query(statement);
  await client.query("vacuum analyze");
}
