/** SQL that changes the labels of messages. */
import { type RawBuilder, sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import { MAX_FOLDER_THREADS } from "./limits.ts";

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

/** Writes the labels of locked messages, and what of them changed as events, all in one statement. */
export async function saveLabels(
  tx: Tx,
  scope: Scope,
  podId: string,
  rows: readonly LabelRow[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  const changes = JSON.stringify(rows.map(({ id, labels }) => ({ id, labels })));
  const keys = rows.map(({ id }) => ({ podId, id }));
  await sql`
    with changed as (
      select before.id, before.organization_id, before.inbox_id, changed.labels,
        array(select unnest(changed.labels) except all select unnest(before.labels)) as added,
        array(select unnest(before.labels) except all select unnest(changed.labels)) as removed
      from json_to_recordset(${changes}) as changed (id uuid, labels text[])
      join messages as before on before.id = changed.id where ${byKey("before", keys)}
    ), saved as (
      update messages set labels = changed.labels, updated_at = ${at} from changed
      where ${byKey("messages", keys)} and messages.id = changed.id
    )
    ${labelEvents(podId, at)}`.execute(tx.within(scope));
}

/** Events of the rows of `changed` in which labels were added or removed (domain/notify/inbox-events). */
const labelEvents = (podId: string, at: Date): RawBuilder<unknown> => sql`
    select rookery_emit(json_agg(json_build_object('id', rookery_new_id(), 'podId', ${podId}::uuid,
      'organizationId', organization_id, 'inboxId', inbox_id, 'type', 'message.labelled', 'messageUuid', id,
      'data', json_build_object('labels', added, 'removed', removed), 'at', ${at}::timestamptz)))
    from changed where added <> '{}' or removed <> '{}' having count(*) > 0`;

/**
 * Adds labels that only the system sets to messages of a pod and to their threads, which are locked first as every writer does.
 * Messages that were deleted are left out, and a label that is there already is not added again.
 */
export async function addSystemLabels(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  added: readonly { readonly messageUuid: string; readonly label: string }[],
  at: Date,
): Promise<void> {
  const named = byKey(
    "messages",
    added.map(({ messageUuid }) => ({ podId, id: messageUuid })),
  );
  // The threads as an array as well: joined, each is looked for in all that the pod has while PostgreSQL knows little of it.
  await sql`
    with added as (
      select "messageUuid" as id, array_agg(distinct label) as labels
      from json_to_recordset(${JSON.stringify(added)}) as one ("messageUuid" uuid, label text) group by 1
    ), thread as materialized (
      select threads.id from threads
      where threads.pod_id = ${podId} and threads.id = any (array(select messages.thread_id from messages where ${named}))
      order by threads.id for update of threads
    ), lacking as (
      select messages.id, array(select label from unnest(added.labels) as label where not label = any (messages.labels)) as labels
      from added join messages on messages.id = added.id
      where ${named} and messages.thread_id in (select id from thread)
    ), changed as (
      update messages set updated_at = ${at}, labels = messages.labels || lacking.labels
      from lacking, added
      where ${named} and messages.id = lacking.id and added.id = lacking.id
      returning messages.id, messages.thread_id, messages.organization_id, messages.inbox_id, added.labels,
        lacking.labels as added, '{}'::text[] as removed
    ), labelled as (
      update threads set updated_at = ${at}, labels = threads.labels || array(
        select distinct label from changed, unnest(changed.labels) as label
        where changed.thread_id = threads.id and not label = any (threads.labels))
      where threads.pod_id = ${podId} and threads.id = any (array(select thread_id from changed))
    )
    ${labelEvents(podId, at)}`.execute(tx.within(scope));
}

/** A label, asked of an inbox. */
export interface LabelOfInbox {
  readonly podId: string;
  readonly inboxId: string;
  readonly label: string;
}

/**
 * Which of the labels the inboxes have on one of their newest threads, at most MAX_FOLDER_THREADS. One query for each pod: Citus takes a
 * lateral join within one only. @returns those that are there, as `<inbox id> <label>`
 */
export async function findLabelsInUse(
  tx: Tx,
  scope: AnyScope,
  asked: readonly LabelOfInbox[],
): Promise<ReadonlySet<string>> {
  const ofPods = [...Map.groupBy(asked, ({ podId }) => podId)].map(
    ([podId, own]) => sql<{ inbox: string; label: string }>`
      select asked.inbox, asked.label
      from unnest(${own.map(({ inboxId }) => inboxId)}::uuid[], ${own.map(({ label }) => label)}::text[]) as asked (inbox, label)
      where exists (
        select from (
          select labels from threads where pod_id = ${podId} and inbox_id = asked.inbox
          order by timestamp desc, id desc limit ${MAX_FOLDER_THREADS}) as recent
        where asked.label = any (recent.labels))`,
  );
  const results = await Promise.all(ofPods.map((query) => query.execute(tx.within(scope))));
  return new Set(results.flatMap(({ rows }) => rows.map(({ inbox, label }) => `${inbox} ${label}`)));
}
