/** SQL of ingest: what a group of arrivals locks and looks up before it is written. */
import { sql } from "kysely";
import { inTheirPod, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

/** Names a message within an inbox. */
export interface MessageKey {
  readonly podId: string;
  readonly inboxId: string;
  readonly messageId: string;
}

/** The messages that exist under the given Message-IDs, with their threads. One query for a whole group. */
export async function findThreaded(
  tx: Tx,
  scope: AnyScope,
  keys: readonly MessageKey[],
): Promise<(MessageKey & { threadId: string; timestamp: Date; isOurs: boolean })[]> {
  if (keys.length === 0) return [];
  const rows = await tx
    .within(scope)
    .selectFrom("messages")
    .where(
      sql<boolean>`(pod_id, inbox_id, message_id) in (select * from unnest(${keys.map((key) => key.podId)}::uuid[],
        ${keys.map((key) => key.inboxId)}::uuid[], ${keys.map((key) => key.messageId)}::text[]))`,
    )
    .where(inTheirPod("pod_id", keys))
    .select(["pod_id", "inbox_id", "message_id", "thread_id", "timestamp", "direction"])
    .execute();
  return rows.map((row) => ({
    podId: row.pod_id,
    inboxId: row.inbox_id,
    messageId: row.message_id,
    threadId: row.thread_id,
    timestamp: row.timestamp,
    isOurs: row.direction === "outbound",
  }));
}

/** Names an inbox. */
export interface InboxKey {
  readonly podId: string;
  readonly inboxId: string;
}

export { isLockTimeout } from "../../../storage/db.ts";

/** Bounds what a statement waits for a lock, for the rest of the transaction: beyond it `isLockTimeout`. */
export async function boundLockWaits(tx: Tx, scope: AnyScope, timeoutMs: number): Promise<void> {
  await sql`set local lock_timeout = ${sql.lit(timeoutMs)}`.execute(tx.within(scope));
}

/**
 * Locks inboxes in key order, so that two groups with the same mail for one inbox take turns and the second sees the
 * first's. @returns the ids of those that still exist.
 */
export async function lockInboxes(
  tx: Tx,
  scope: AnyScope,
  keys: readonly InboxKey[],
): Promise<ReadonlySet<string>> {
  return idsOf(await inboxesToLock(tx, scope, keys).forNoKeyUpdate().execute());
}

/**
 * The same without waiting for a lock.
 * @returns the ids of those that it locked, and of those that somebody else has locked
 */
export async function lockFreeInboxes(
  tx: Tx,
  scope: AnyScope,
  keys: readonly InboxKey[],
): Promise<{ readonly locked: ReadonlySet<string>; readonly busy: ReadonlySet<string> }> {
  const locked = idsOf(await inboxesToLock(tx, scope, keys).forNoKeyUpdate().skipLocked().execute());
  if (keys.every(({ inboxId }) => locked.has(inboxId))) return { locked, busy: new Set() };
  const busy = idsOf(await inboxesToLock(tx, scope, keys).execute());
  for (const id of locked) busy.delete(id);
  return { locked, busy };
}

const idsOf = (rows: readonly { readonly id: string }[]): Set<string> => new Set(rows.map(({ id }) => id));

const inboxesToLock = (tx: Tx, scope: AnyScope, keys: readonly InboxKey[]) =>
  tx
    .within(scope)
    .selectFrom("inboxes")
    .where(
      sql<boolean>`(pod_id, id) in (select * from unnest(${keys.map((key) => key.podId)}::uuid[], ${keys.map((key) => key.inboxId)}::uuid[]))`,
    )
    .where(inTheirPod("pod_id", keys))
    .select("id")
    .orderBy("pod_id")
    .orderBy("id");
