/**
 * What inboxes hold: the rows of `inbox_usage`, with those of `search_queue` for mail that was just stored; and their bytes where a limit has
 * them counted.
 */
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

/** What an inbox holds more than before. */
export interface HeldMore {
  readonly podId: string;
  readonly inboxId: string;
  readonly messages: number;
  readonly threads: number;
  /** Octets of raw messages. */
  readonly bytes: number;
}

/** Adds what inboxes hold more, a row for each; of those that are there still. */
export async function addHeld(tx: Tx, scope: AnyScope, parts: readonly HeldMore[]): Promise<void> {
  const sumOf = (own: readonly HeldMore[], of: "messages" | "threads" | "bytes"): number =>
    own.reduce((sum, part) => sum + part[of], 0);
  const rows = [...Map.groupBy(parts, ({ inboxId }) => inboxId).values()].map((own) => ({
    ...own[0],
    messages: sumOf(own, "messages"),
    threads: sumOf(own, "threads"),
    bytes: sumOf(own, "bytes"),
  }));
  if (rows.length === 0) return;
  await sql`
    insert into inbox_usage (pod_id, inbox_id, organization_id, messages, threads, bytes)
    select i.pod_id, i.id, i.organization_id, more.messages, more.threads, more.bytes
    from json_to_recordset(${JSON.stringify(rows)}) as more ("podId" uuid, "inboxId" uuid, messages integer, threads integer, bytes bigint)
    join inboxes as i on i.pod_id = more."podId" and i.id = more."inboxId"
    returning 1`.execute(tx.within(scope));
}

/** Rows of (pod_id, inbox_id, messages, threads, bytes) that add up to what inboxes hold. @param own condition on the rows of a scope */
export const heldBy = (own: RawBuilder<boolean>): RawBuilder<unknown> => sql`
  select pod_id, inbox_id, messages, threads, bytes from inbox_usage where ${own}
  union all
  select pod_id, inbox_id, messages, threads, bytes from search_queue
  where ${own} and exists (select from inboxes as i where i.pod_id = search_queue.pod_id and i.id = search_queue.inbox_id)`;

/** What each row that goes counts for. Of a message the thread is counted when it goes itself. */
const counted = {
  messages: sql`1 as messages, 0 as threads`,
  threads: sql`message_count as messages, 1 as threads`,
} as const;

/**
 * A statement that deletes mail, and takes it off what its inboxes hold, and off the count of their bytes, of which there is none for most.
 * Lock threads before it: counts are locked last by everybody.
 * @param deletion deletes messages or threads of a pod, without `returning`. With a thread its messages go.
 */
export const releasingStorage = (
  of: keyof typeof counted,
  deletion: RawBuilder<unknown>,
): RawBuilder<unknown> => sql`
  with gone as (${deletion} returning pod_id, inbox_id, organization_id, size, ${counted[of]}),
    freed as (
      select pod_id, inbox_id, organization_id, sum(messages) as messages, sum(threads) as threads, sum(size) as bytes
      from gone group by 1, 2, 3),
    uncounted as (
      insert into inbox_usage (pod_id, inbox_id, organization_id, messages, threads, bytes)
      select pod_id, inbox_id, organization_id, -messages, -threads, -bytes from freed returning 1)
  update storage_counts as held set bytes = held.bytes - freed.bytes from freed
  where held.pod_id = freed.pod_id and held.inbox_id = freed.inbox_id`;

/** The same of threads whose messages have gone before. @param deletion of threads, without `returning` */
export const releasingThreads = (deletion: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  with gone as (${deletion} returning pod_id, inbox_id, organization_id)
  insert into inbox_usage (pod_id, inbox_id, organization_id, messages, threads, bytes)
  select pod_id, inbox_id, organization_id, 0, -count(*), 0 from gone group by 1, 2, 3 returning 1`;
