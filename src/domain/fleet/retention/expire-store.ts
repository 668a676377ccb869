/** SQL that finds mail whose time is over. */
import { type RawBuilder, sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { type Expiry, isJunkBefore, isStoredBefore } from "../../guardrails/policies/rows.ts";

export interface Expired {
  readonly id: string;
  readonly organizationId: string;
  readonly inboxId: string;
  readonly threadId: string;
  readonly messageId: string;
}

interface ExpiredRow {
  readonly id: string;
  readonly organization_id: string;
  readonly inbox_id: string;
  readonly thread_id: string;
  readonly message_id: string;
}

const expiredOf = (row: ExpiredRow): Expired => ({
  id: row.id,
  organizationId: row.organization_id,
  inboxId: row.inbox_id,
  threadId: row.thread_id,
  messageId: row.message_id,
});

const columns = sql`id, organization_id, inbox_id, thread_id, message_id`;

/** Up to `limit` messages, the oldest first. */
export async function findExpired(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  { storedBefore, junkBefore }: Expiry,
  limit: number,
): Promise<Expired[]> {
  const oldest = (condition: RawBuilder<unknown>, order: RawBuilder<unknown>) =>
    sql`(select ${columns} from messages where pod_id = ${podId}::uuid and ${condition} order by ${order} limit ${limit})`;
  const parts = [
    ...(storedBefore === null ? [] : [oldest(isStoredBefore(storedBefore), sql`id`)]),
    ...(junkBefore === null ? [] : [oldest(isJunkBefore(junkBefore), sql`updated_at`)]),
  ];
  if (parts.length === 0) return [];
  const { rows } = await sql<ExpiredRow>`
    select * from (${sql.join(parts, sql` union `)}) as expired order by id limit ${limit}`.execute(
    tx.within(scope),
  );
  return rows.map(expiredOf);
}

/** Those of them that still are too old. */
export async function stillExpired(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  { storedBefore, junkBefore }: Expiry,
  found: readonly Expired[],
): Promise<Expired[]> {
  const conditions = [
    ...(storedBefore === null ? [] : [sql`(${isStoredBefore(storedBefore)})`]),
    ...(junkBefore === null ? [] : [sql`(${isJunkBefore(junkBefore)})`]),
  ];
  const { rows } = await sql<ExpiredRow>`
    select ${columns} from messages where pod_id = ${podId}::uuid and id = ${anyOf(found.map(({ id }) => id))}
      and (${sql.join(conditions, sql` or `)})`.execute(tx.within(scope));
  return rows.map(expiredOf);
}
