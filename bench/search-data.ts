/** A million mails for `search.ts`, written by SQL, and texts with words as rare and as common as those of a language. */
import type pg from "pg";
import { startJobsDone } from "./start-jobs.ts";

export const LARGE_INBOX_MESSAGES = 100_000;
export const INBOXES = 100_000;
export const INBOXES_PER_POD = 100;
/** Of every inbox but the first. */
export const MESSAGES_PER_INBOX = 9;
export const MESSAGES = LARGE_INBOX_MESSAGES + (INBOXES - 1) * MESSAGES_PER_INBOX;
/** Different words. The n-th is about n times as rare as the first (Zipf's law). */
const VOCABULARY = 50_000;
const WORDS_PER_MESSAGE = 80;
/** Messages written in one transaction. */
const STEP = 50_000;

/** The word of a rank, 1 to VOCABULARY. */
export const wordOf = (rank: number): string => `w${rank.toString()}x`;

/** A rank as often as its word is used. */
export const drawRank = (random: () => number): number =>
  Math.min(VOCABULARY, Math.floor(Math.exp(random() * Math.log(VOCABULARY))));

/** A body of so many words, in lines. */
export function textOf(words: number, random: () => number): string {
  const drawn = Array.from({ length: words }, () => wordOf(drawRank(random)));
  return drawn.map((word, index) => word + (index % 10 === 9 ? "\r\n" : " ")).join("");
}

const MADE = `create function pg_temp.made(kind text, number bigint) returns uuid language sql immutable
  return (overlay(overlay(md5(kind || number) placing '7' from 13 for 1) placing '8' from 17 for 1))::uuid`;
/** The number makes it another text for each row. */
const TEXT = `create function pg_temp.text_of(number bigint) returns text language sql volatile as $$
  select string_agg('w' || least(${VOCABULARY}, floor(exp(random() * ln(${VOCABULARY})))::integer) || 'x', ' ')
  from generate_series(1, ${WORDS_PER_MESSAGE}) where number is not null $$`;

const pod = `pg_temp.made('pod', i / ${INBOXES_PER_POD})`;
const inbox = "pg_temp.made('inbox', i)";
const numbers = (from: number, to: number): string =>
  `(select n, case when n < ${LARGE_INBOX_MESSAGES} then 0 else (n - ${LARGE_INBOX_MESSAGES}) / ${MESSAGES_PER_INBOX} + 1 end as i
    from generate_series(${from}::bigint, ${to - 1}) as n) as numbered`;
/** Over a year, so that an inbox's mail lies in many weeks. */
const at = "timestamptz '2026-01-01' + make_interval(secs => (n * 7919) % 31536000)";

const tenants = (organization: string): string[] => {
  const inboxes = `generate_series(0::bigint, ${INBOXES - 1}) as i`;
  const address = "'agent-' || i || '@rookery.localhost'";
  return [
    `insert into pods (id, organization_id, name, created_at, updated_at)
       select distinct ${pod}, '${organization}'::uuid, 'pod', now(), now() from ${inboxes}`,
    `insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
       select distinct ${pod}, sha256('raw'), '${organization}'::uuid, 3, 'raw'::bytea, now() from ${inboxes}`,
    `insert into inboxes (pod_id, organization_id, id, address, created_at, updated_at)
       select ${pod}, '${organization}', ${inbox}, ${address}, now() - make_interval(secs => i), now() from ${inboxes}`,
    `insert into addresses (address, pod_id, organization_id, inbox_id)
       select ${address}, ${pod}, '${organization}', ${inbox} from ${inboxes}`,
    `insert into inbox_words (pod_id, inbox_id, word, organization_id, created_at)
       select ${pod}, ${inbox}, word, '${organization}', now() - make_interval(secs => i)
       from ${inboxes}, unnest(array['agent', i::text, 'rookery', 'localhost']) as word`,
  ];
};

const mails = (organization: string, from: number, to: number): string[] => [
  `insert into threads (pod_id, organization_id, inbox_id, id, subject, preview, labels, senders, recipients, message_count,
     size, last_message_id, timestamp, received_timestamp, created_at, updated_at)
     select ${pod}, '${organization}', ${inbox}, pg_temp.made('thread', n), 'Subject', 'Preview', '{received,unread}',
       '{a@outside.test}', '{b@outside.test}', 1, 3, '<' || n || '@x>', ${at}, ${at}, now(), now() from ${numbers(from, to)}`,
  `insert into messages (pod_id, organization_id, inbox_id, id, thread_id, message_id, direction, labels, timestamp, sender,
     reply_to, "to", cc, bcc, subject, preview, text, "references", headers, size, attachment_count, raw_sha256, created_at, updated_at)
     select ${pod}, '${organization}', ${inbox}, pg_temp.made('message', n), pg_temp.made('thread', n), '<' || n || '@x>', 'inbound',
       '{received,unread}', ${at}, 'a' || n % 1000 || '@outside.test', '{}', '{b@outside.test}', '{}', '{}', 'Subject ' || n % 5000,
       'Preview', pg_temp.text_of(n), '{}', '{}', 3, 0, sha256('raw'), now(), now() from ${numbers(from, to)}`,
  // As documents are written: to_tsvector takes these words apart in the same way.
  `insert into message_search (pod_id, id, organization_id, inbox_id, thread_id, timestamp, words)
     select pod_id, id, organization_id, inbox_id, thread_id, timestamp, setweight(to_tsvector('simple', subject), 'A')
       || to_tsvector('simple', text) || array_to_tsvector(array[rookery_search_mark('o', organization_id),
       rookery_search_mark('p', pod_id), rookery_search_mark('i', inbox_id)])
     from messages where (pod_id, id) in (select ${pod}, pg_temp.made('message', n) from ${numbers(from, to)})`,
];

/** Fills a database, or finds it filled, and waits for the jobs of the server's start. @param client as a superuser */
export async function fillForSearch(client: pg.Client): Promise<void> {
  await fill(client);
  await startJobsDone(client);
}

/** Once: a database that has been filled stays as it is. Foreign keys are not looked at, the rows are right by construction. */
async function fill(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query("select from messages limit 1");
  if (rowCount === 1) return;
  await client.query(MADE);
  await client.query(TEXT);
  const { rows } = await client.query<{ id: string }>("select id from organizations");
  const organization = rows[0]?.id ?? "";
  await client.query("set session_replication_role = replica");
  await client.query("set maintenance_work_mem = '512MB'");
  await client.query("drop index message_search_by_words");
  for (const insert of tenants(organization)) await client.query(insert);
  for (let from = 0; from < MESSAGES; from += STEP) {
    const to = Math.min(MESSAGES, from + STEP);
    await client.query("begin");
    for (const insert of mails(organization, from, to)) await client.query(insert);
    await client.query("commit");
    console.error(`  ${to} of ${MESSAGES} messages written`);
  }
  await client.query("create index message_search_by_words on message_search using gin (words)");
  await client.query("set session_replication_role = origin");
  await client.query("vacuum analyze");
}
