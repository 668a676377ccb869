/** SQL that adds messages to threads. Set-based: a group of arrivals costs two statements, not two each. */
import { sql } from "kysely";
import type { Tx } from "../../storage/db.ts";
import type { AnyScope } from "../access/index.ts";
import type { ThreadState } from "./aggregate.ts";

export interface ThreadKey {
  readonly podId: string;
  readonly id: string;
}

/** Locks the threads in key order (so that two writers cannot deadlock) and reads them. Absent ones are left out. */
export async function lockThreads(tx: Tx, scope: AnyScope, keys: readonly ThreadKey[]): Promise<ThreadState[]> {
  if (keys.length === 0) return [];
  const rows = await tx
    .within(scope)
    .selectFrom("threads")
    .where(sql<boolean>`(pod_id, id) in (select * from unnest(${keys.map((key) => key.podId)}::uuid[], ${keys.map((key) => key.id)}::uuid[]))`)
    .selectAll()
    .orderBy("pod_id")
    .orderBy("id")
    .forUpdate()
    .execute();
  return rows.map((row) => ({
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
  }));
}

/** Inserts threads, or writes the new aggregates of locked ones. */
export async function saveThreads(tx: Tx, scope: AnyScope, threads: readonly ThreadState[]): Promise<void> {
  if (threads.length === 0) return;
  const rows = threads.map((thread) => ({
    pod_id: thread.podId,
    id: thread.id,
    organization_id: thread.organizationId,
    inbox_id: thread.inboxId,
    subject: thread.subject,
    preview: thread.preview,
    labels: thread.labels,
    senders: thread.senders,
    recipients: thread.recipients,
    message_count: thread.messageCount,
    size: thread.size,
    last_message_id: thread.lastMessageId,
    timestamp: thread.timestamp,
    received_timestamp: thread.receivedTimestamp,
    sent_timestamp: thread.sentTimestamp,
    created_at: thread.createdAt,
    updated_at: thread.updatedAt,
  }));
  await sql`
    insert into threads select * from json_populate_recordset(null::threads, ${JSON.stringify(rows)})
    on conflict (pod_id, id) do update set preview = excluded.preview, labels = excluded.labels, senders = excluded.senders,
      recipients = excluded.recipients, message_count = excluded.message_count, size = excluded.size,
      last_message_id = excluded.last_message_id, timestamp = excluded.timestamp,
      received_timestamp = excluded.received_timestamp, sent_timestamp = excluded.sent_timestamp, updated_at = excluded.updated_at`.execute(
    tx.within(scope),
  );
}
