/** SQL that fills the index of words. */
import { type RawBuilder, sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { addHeld, type HeldMore } from "../storage/rows.ts";
import { type Document, documentWords, type ReadDocument, readInTurns } from "./document.ts";
import type { MessageKey } from "./document-store.ts";

/** Pods that have messages to index, in the order of their ids behind `after`, at most `most`. */
export async function listPodsToIndex(
  tx: Tx,
  scope: SystemScope,
  after: string,
  most: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from rookery_pods_to_index(${after}::uuid, ${most}::integer) as id`.execute(tx.within(scope));
  return rows.map(({ id }) => id);
}

/** The newest messages of each pod that are to be indexed, `most` of each. */
export async function listToIndex(
  tx: Tx,
  scope: SystemScope,
  podIds: readonly string[],
  most: number,
): Promise<MessageKey[]> {
  const ofPods = podIds.map((podId) =>
    tx
      .within(scope)
      .selectFrom("search_queue")
      .where("pod_id", "=", podId)
      .select(["pod_id", "id"])
      .orderBy("id", "desc")
      .limit(most)
      .execute(),
  );
  return (await Promise.all(ofPods)).flat().map((row) => ({ podId: row.pod_id, id: row.id }));
}

const keyRows = (keys: readonly MessageKey[]): RawBuilder<unknown> =>
  sql`select * from unnest(${keys.map(({ podId }) => podId)}::uuid[], ${keys.map(({ id }) => id)}::uuid[])`;

/**
 * Takes messages off the queue, those that are gone among them, and counts them where all that is held is counted. Before they are indexed: a
 * move locks them in this order as well, and who deletes an inbox its row before its messages.
 */
export async function unqueue(tx: Tx, scope: SystemScope, keys: readonly MessageKey[]): Promise<void> {
  const { rows } = await sql<HeldMore>`
    delete from search_queue where (pod_id, id) in (${keyRows(keys)})
    returning pod_id as "podId", inbox_id as "inboxId", messages, threads, bytes`.execute(tx.within(scope));
  await addHeld(tx, scope, rows);
}

/** Indexes messages; those that are indexed already stay. */
export async function insertDocuments(
  tx: Tx,
  scope: SystemScope,
  documents: readonly Document[],
): Promise<void> {
  if (documents.length === 0) return;
  const rows = await readInTurns(documents, rowOf);
  const once = sql`on conflict (pod_id, id) do nothing returning 1`;
  await insertion("message_search", rows, once).execute(tx.within(scope));
}

const rowOf = (document: ReadDocument): Record<string, unknown> => ({
  pod_id: document.podId,
  id: document.id,
  organization_id: document.organizationId,
  inbox_id: document.inboxId,
  thread_id: document.threadId,
  timestamp: document.timestamp,
  words: documentWords(document),
});

/** Queues messages from the id `from` on that are neither indexed nor queued, of all pods. They were counted by the hour. */
export async function queueMissed(tx: Tx, scope: SystemScope, from: string): Promise<void> {
  await sql`
    insert into search_queue (pod_id, id, organization_id, inbox_id, messages)
    select m.pod_id, m.id, m.organization_id, m.inbox_id, 0 from pods as p join messages as m on m.pod_id = p.id and m.id >= ${from}::uuid
    where not exists (select from message_search as s where s.pod_id = m.pod_id and s.id = m.id)
    on conflict (pod_id, id) do nothing returning 1`.execute(tx.within(scope));
}
