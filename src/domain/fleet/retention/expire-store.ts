/** SQL that finds mail whose time is over. Ids are UUIDs of version 7, so that a moment is a bound on them. */
import { type RawBuilder, sql } from "kysely";
import { firstIdAt } from "../../../lib/uuid.ts";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";

/** What goes: mail stored before, and junk and trash that became so before. Null: none. */
export interface Expiry {
  readonly storedBefore: Date | null;
  readonly junkBefore: Date | null;
}

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

/** Each condition as the index has it that serves it: the primary key, and messages_junk. */
const stored = (before: Date): RawBuilder<unknown> => sql`id < ${firstIdAt(before.getTime())}::uuid`;
const junk = (before: Date): RawBuilder<unknown> =>
  sql`labels && array['spam', 'blocked', 'unauthenticated', 'trash'] and updated_at < ${before}`;

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
    ...(storedBefore === null ? [] : [oldest(stored(storedBefore), sql`id`)]),
    ...(junkBefore === null ? [] : [oldest(junk(junkBefore), sql`updated_at`)]),
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
    ...(storedBefore === null ? [] : [sql`(${stored(storedBefore)})`]),
    ...(junkBefore === null ? [] : [sql`(${junk(junkBefore)})`]),
  ];
  const { rows } = await sql<ExpiredRow>`
    select ${columns} from messages where pod_id = ${podId}::uuid and id = ${anyOf(found.map(({ id }) => id))}
      and (${sql.join(conditions, sql` or `)})`.execute(tx.within(scope));
  return rows.map(expiredOf);
}
