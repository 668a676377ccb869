/** A row of threads as both read it: those who keep it true, and those who show it. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { MAX_THREAD_PEOPLE } from "./limits.ts";

/** The row of a thread, in our words. */
export interface ThreadState {
  readonly podId: string;
  readonly id: string;
  readonly organizationId: string;
  readonly inboxId: string;
  readonly subject: string | null;
  readonly preview: string | null;
  readonly labels: readonly string[];
  readonly senders: readonly string[];
  readonly recipients: readonly string[];
  readonly messageCount: number;
  readonly size: number;
  readonly lastMessageId: string;
  readonly timestamp: Date;
  readonly receivedTimestamp: Date | null;
  readonly sentTimestamp: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What `threadStateOf` reads. */
export const threadColumns = [
  "threads.pod_id",
  "threads.id",
  "threads.organization_id",
  "threads.inbox_id",
  "threads.subject",
  "threads.preview",
  "threads.labels",
  "threads.senders",
  "threads.recipients",
  "threads.message_count",
  "threads.size",
  "threads.last_message_id",
  "threads.timestamp",
  "threads.received_timestamp",
  "threads.sent_timestamp",
  "threads.created_at",
  "threads.updated_at",
] as const;

export function threadStateOf(row: Omit<Selectable<Tables["threads"]>, "loop_cut_at">): ThreadState {
  return {
    podId: row.pod_id,
    id: row.id,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
    subject: row.subject,
    preview: row.preview,
    labels: row.labels,
    senders: row.senders,
    recipients: row.recipients,
    messageCount: row.message_count,
    size: Number(row.size),
    lastMessageId: row.last_message_id,
    timestamp: row.timestamp,
    receivedTimestamp: row.received_timestamp,
    sentTimestamp: row.sent_timestamp,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What of a thread depends on which of its messages are counted. */
export type SeenThread = Omit<
  ThreadState,
  "podId" | "id" | "organizationId" | "inboxId" | "createdAt" | "updatedAt"
>;

/** What the threads `k` add up to, as `a`. @param hidden labels whose messages are left out */
export function aggregates(podId: string, hidden: readonly string[]): RawBuilder<unknown> {
  const seen = hidden.length === 0 ? sql`` : sql`and not m.labels && ${[...hidden]}::text[]`;
  const members = sql`m.pod_id = ${podId} and m.thread_id = k.id ${seen}`;
  return sql`
    cross join lateral (
      select count(*) as message_count, sum(m.size) as size, max(m.timestamp) as timestamp,
        max(m.timestamp) filter (where m.direction = 'inbound') as received_timestamp,
        max(m.timestamp) filter (where m.direction = 'outbound') as sent_timestamp,
        (array_agg(m.subject order by m.created_at, m.id))[1] as subject,
        (array_agg(m.preview order by m.timestamp desc, m.id desc))[1] as preview,
        (array_agg(m.message_id order by m.timestamp desc, m.id desc))[1] as last_message_id
      from messages m where ${members}) counted
    cross join lateral (
      select counted.*,
        (select coalesce(array_agg(label order by created_at, id, place), '{}') from (
          select distinct on (label) label, m.created_at, m.id, place
          from messages m, unnest(m.labels) with ordinality as u (label, place)
          where ${members} order by label, m.created_at, m.id, place) f) as labels,
        (select coalesce((array_agg(sender order by created_at, id))[1:${MAX_THREAD_PEOPLE}], '{}') from (
          select distinct on (m.sender) m.sender, m.created_at, m.id
          from messages m where ${members} order by m.sender, m.created_at, m.id) f) as senders,
        (select coalesce((array_agg(recipient order by created_at, id, place))[1:${MAX_THREAD_PEOPLE}], '{}') from (
          select distinct on (recipient) recipient, m.created_at, m.id, place
          from messages m, unnest(m."to" || m.cc || m.bcc) with ordinality as u (recipient, place)
          where ${members} order by recipient, m.created_at, m.id, place) f) as recipients) a`;
}

/** What a thread adds up to, for one who may not see messages with these labels; null when there are no others. */
export async function threadWithout(
  tx: Tx,
  scope: AnyScope,
  { podId, id }: { readonly podId: string; readonly id: string },
  hidden: readonly string[],
): Promise<SeenThread | null> {
  const { rows } = await sql<SeenThread>`
    select a.subject, a.preview, a.labels, a.senders, a.recipients, a.message_count::integer as "messageCount", a.size::float8 as size,
      a.last_message_id as "lastMessageId", a.timestamp, a.received_timestamp as "receivedTimestamp",
      a.sent_timestamp as "sentTimestamp"
    from (values (${id}::uuid)) as k (id) ${aggregates(podId, hidden)}
    where a.message_count > 0`.execute(tx.within(scope));
  return rows[0] ?? null;
}
