/** SQL that changes the labels of messages. */
import { sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";

/** A message as far as its labels go. */
export interface LabelRow {
  readonly id: string;
  readonly messageId: string;
  readonly labels: readonly string[];
}

/**
 * Locks messages of a pod, by row id or all of a thread, and reads their labels as they are under the lock: what
 * was read before may have been changed by another since. At most `limit`, in the order of their ids. Lock the threads first.
 */
export async function lockLabels(
  tx: Tx,
  scope: Scope,
  of:
    | { readonly podId: string; readonly ids: readonly string[] }
    | { readonly podId: string; readonly threadId: string },
  limit: number,
): Promise<LabelRow[]> {
  if ("ids" in of && of.ids.length === 0) return [];
  const query = tx.within(scope).selectFrom("messages").where("pod_id", "=", of.podId);
  const narrowed =
    "ids" in of ? query.where("id", "=", anyOf(of.ids)) : query.where("thread_id", "=", of.threadId);
  const rows = await narrowed
    .select(["id", "message_id", "labels"])
    .orderBy("id")
    .limit(limit)
    .forNoKeyUpdate()
    .execute();
  return rows.map((row) => ({ id: row.id, messageId: row.message_id, labels: row.labels }));
}

/** Writes the labels of locked messages, all in one statement. */
export async function saveLabels(
  tx: Tx,
  scope: Scope,
  podId: string,
  rows: readonly LabelRow[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  const changes = JSON.stringify(rows.map(({ id, labels }) => ({ id, labels })));
  await sql`
    update messages set labels = changed.labels, updated_at = ${at}
    from json_to_recordset(${changes}) as changed (id uuid, labels text[])
    where messages.pod_id = ${podId} and messages.id = changed.id`.execute(tx.within(scope));
}

/** Adds a label that only the system sets to a message and its thread, which is locked first as every writer does. */
export async function addSystemLabel(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  messageUuid: string,
  label: string,
  at: Date,
): Promise<void> {
  const db = tx.within(scope);
  await sql`
    with thread as materialized (
      select threads.id from messages join threads on threads.pod_id = ${podId} and threads.id = messages.thread_id
      where messages.pod_id = ${podId} and messages.id = ${messageUuid} for update of threads
    ), message as (
      update messages set labels = array_append(labels, ${label}), updated_at = ${at} from thread
      where messages.pod_id = ${podId} and messages.thread_id = thread.id and messages.id = ${messageUuid}
        and not (${label} = any (labels)) returning messages.thread_id)
    update threads set labels = array_append(labels, ${label}), updated_at = ${at} from message
    where threads.pod_id = ${podId} and threads.id = message.thread_id and not (${label} = any (threads.labels))`.execute(
    db,
  );
}
