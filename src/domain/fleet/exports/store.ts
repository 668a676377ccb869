/** SQL of exports: a pod's messages in the order of their ids, and its list entries. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { hex, readBlobs } from "../../mail/blobs/rows.ts";

export interface MessageRow {
  readonly id: string;
  readonly inboxId: string;
  readonly address: string;
  readonly messageId: string;
  readonly threadId: string;
  readonly direction: "inbound" | "outbound";
  readonly labels: readonly string[];
  readonly timestamp: Date;
  /** Which the bytes of a sent message do not have. */
  readonly bcc: readonly string[];
  readonly size: number;
  readonly rawSha256: Buffer;
}

/** Messages between two ids, at most `limit`. */
export async function findMessages(
  tx: Tx,
  scope: Scope,
  podId: string,
  { after, before }: { readonly after: string; readonly before: string },
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await sql<MessageRow>`
    select m.id, m.inbox_id as "inboxId", i.address, m.message_id as "messageId", m.thread_id as "threadId", m.direction, m.labels,
      m.timestamp, m.bcc, m.size, m.raw_sha256 as "rawSha256"
    from messages as m join inboxes as i on i.pod_id = m.pod_id and i.id = m.inbox_id
    where m.pod_id = ${podId}::uuid and m.id > ${after}::uuid and m.id < ${before}::uuid
    order by m.id limit ${limit}`.execute(tx.within(scope));
  return rows;
}

/** The bytes of messages, by their ids; those that are missing are left out. */
export async function readRaw(
  tx: Tx,
  scope: Scope,
  podId: string,
  messages: readonly MessageRow[],
): Promise<ReadonlyMap<string, Buffer>> {
  const hashes = messages.map(({ rawSha256 }) => rawSha256);
  const contents = await readBlobs(tx, scope, podId, hashes);
  return new Map(
    messages.flatMap(({ id, rawSha256 }) => {
      const raw = contents.get(hex(rawSha256));
      return raw === undefined ? [] : [[id, raw] as const];
    }),
  );
}

/** Whether an inbox is on its way into the pod or out of it. */
export async function hasMovingInbox(tx: Tx, scope: Scope, podId: string): Promise<boolean> {
  const row = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("pod_id", "=", podId)
    .where((is) => is.or([is("moving_to", "is not", null), is("moving_from", "is not", null)]))
    .select("id")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface ListEntryRow {
  readonly id: string;
  /** Null for the pod's own lists. */
  readonly inboxId: string | null;
  readonly direction: string;
  readonly listType: string;
  readonly entry: string;
  readonly reason: string | null;
  readonly createdAt: Date;
}

/** Entries of the lists of the pod and its inboxes behind an id, at most `limit`. */
export function findListEntries(
  tx: Tx,
  scope: Scope,
  podId: string,
  after: string,
  limit: number,
): Promise<ListEntryRow[]> {
  return tx
    .within(scope)
    .selectFrom("list_entries")
    .where("pod_id", "=", podId)
    .where("id", ">", after)
    .select([
      "id",
      "inbox_id as inboxId",
      "direction",
      "list_type as listType",
      "entry",
      "reason",
      "created_at as createdAt",
    ])
    .orderBy("id")
    .limit(limit)
    .execute();
}
