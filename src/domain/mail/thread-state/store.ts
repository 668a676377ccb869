/** SQL that adds messages to threads. Set-based: a group of arrivals costs two statements, not two each. */
import { sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { releasingThreads } from "../storage/rows.ts";
import { aggregates, type ThreadState, threadColumns, threadStateOf } from "./rows.ts";

export interface ThreadKey {
  readonly podId: string;
  readonly id: string;
}

/** Locks the threads in key order (so that two writers cannot deadlock) and reads them. Absent ones are left out. */
export async function lockThreads(
  tx: Tx,
  scope: AnyScope,
  keys: readonly ThreadKey[],
): Promise<ThreadState[]> {
  if (keys.length === 0) return [];
  return (await threadsToLock(tx, scope, keys).forUpdate().execute()).map(threadStateOf);
}

/**
 * The same without waiting for a lock.
 * @returns those that it locked, and the ids of those that somebody else has locked. Absent ones are left out.
 */
export async function lockFreeThreads(
  tx: Tx,
  scope: AnyScope,
  keys: readonly ThreadKey[],
): Promise<{ readonly locked: readonly ThreadState[]; readonly busy: ReadonlySet<string> }> {
  if (keys.length === 0) return { locked: [], busy: new Set() };
  const rows = await threadsToLock(tx, scope, keys).forUpdate().skipLocked().execute();
  const locked = rows.map(threadStateOf);
  if (locked.length === keys.length) return { locked, busy: new Set() };
  const busy = new Set((await threadsToLock(tx, scope, keys).execute()).map(({ id }) => id));
  for (const { id } of locked) busy.delete(id);
  return { locked, busy };
}

const threadsToLock = (tx: Tx, scope: AnyScope, keys: readonly ThreadKey[]) =>
  tx
    .within(scope)
    .selectFrom("threads")
    .where(byKey("threads", keys))
    .select(threadColumns)
    .orderBy("pod_id")
    .orderBy("id");

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
  const known = sql`on conflict (pod_id, id) do update set preview = excluded.preview, labels = excluded.labels,
    senders = excluded.senders, recipients = excluded.recipients, message_count = excluded.message_count, size = excluded.size,
    last_message_id = excluded.last_message_id, timestamp = excluded.timestamp,
    received_timestamp = excluded.received_timestamp, sent_timestamp = excluded.sent_timestamp, updated_at = excluded.updated_at`;
  await insertion("threads", rows, known).execute(tx.within(scope));
}

/**
 * Writes the aggregates of a pod's threads anew from their messages; a thread without any is deleted. Lock the threads first.
 * Lists keep the order of first appearance, which joinThread gives them too: a recount must not shuffle them.
 */
export async function recomputeThreads(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  ids: readonly string[],
  at: Date,
): Promise<void> {
  const db = tx.within(scope);
  const named = [...new Set(ids)];
  await releasingThreads(sql`
    delete from threads t where t.pod_id = ${podId} and t.id = any (${named}::uuid[])
      and not exists (select from messages m where m.pod_id = ${podId} and m.thread_id = t.id)`).execute(db);
  await sql`
    update threads t set subject = a.subject, preview = a.preview, labels = a.labels, senders = a.senders, recipients = a.recipients,
      message_count = a.message_count, size = a.size, last_message_id = a.last_message_id, timestamp = a.timestamp,
      received_timestamp = a.received_timestamp, sent_timestamp = a.sent_timestamp, updated_at = ${at}
    from unnest(${named}::uuid[]) as k (id) ${aggregates(podId, [])}
    where t.pod_id = ${podId} and t.id = k.id and t.id = any (${named}::uuid[])`.execute(db);
}
