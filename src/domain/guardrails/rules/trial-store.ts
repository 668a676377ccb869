/** SQL of what rules and policies are tried on: messages that are stored already, as far as those look at them. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

/** A stored message, as far as rules and policies look at it and a report names it. */
export interface TriedMessage {
  readonly id: string;
  readonly messageId: string;
  readonly direction: "inbound" | "outbound";
  readonly labels: readonly string[];
  readonly timestamp: Date;
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string | null;
  readonly inReplyTo: string | null;
  /** Bytes of the raw message. */
  readonly size: number;
}

export interface TriedInbox {
  readonly podId: string;
  readonly id: string;
  readonly policyId: string | null;
  readonly address: string;
}

/** Sorts before every id. */
const FIRST = "00000000-0000-0000-0000-000000000000";

/** Inboxes of the scope by pod and id, from behind one (inclusive of it when it is given with `resumed`). */
export async function nextInboxes(
  tx: Tx,
  scope: Scope,
  from: { readonly podId: string; readonly id: string; readonly isDone: boolean } | null,
  limit: number,
): Promise<TriedInbox[]> {
  const { podId = FIRST, id = FIRST, isDone = false } = from ?? {};
  const { rows } = await sql<{ pod_id: string; id: string; address: string; policy_id: string | null }>`
    select pod_id, inboxes.id, address, policy_id from inboxes join pods on pods.id = inboxes.pod_id
    where inboxes.organization_id = ${scope.organizationId} and moving_from is null
      and (${scope.podId}::uuid is null or pod_id = ${scope.podId}::uuid)
      and (${scope.inboxId}::uuid is null or inboxes.id = ${scope.inboxId}::uuid)
      and (pod_id, inboxes.id) ${isDone ? sql`>` : sql`>=`} (${podId}::uuid, ${id}::uuid)
    order by pod_id, inboxes.id limit ${limit}`.execute(tx.within(scope));
  return rows.map((row) => ({
    podId: row.pod_id,
    id: row.id,
    policyId: row.policy_id,
    address: row.address,
  }));
}

interface MessageRow extends Omit<TriedMessage, "messageId" | "from" | "inReplyTo"> {
  readonly message_id: string;
  readonly sender: string;
  readonly in_reply_to: string | null;
}

/** Messages of one inbox since a moment, in an order of time, from behind `after` (timestamp and id); at most `limit`. */
export async function selectTried(
  tx: Tx,
  scope: Scope,
  inbox: TriedInbox,
  asked: {
    /** Null: both. */
    readonly direction: "inbound" | "outbound" | null;
    readonly order: "oldest first" | "newest first";
    readonly since: Date;
    readonly after: { readonly timestamp: Date; readonly id: string } | null;
  },
  limit: number,
): Promise<TriedMessage[]> {
  const { direction, since, after } = asked;
  const [next, order] = asked.order === "oldest first" ? [sql`>`, sql`asc`] : [sql`<`, sql`desc`];
  const behind =
    after === null
      ? sql``
      : sql`and (timestamp, id) ${next} (${after.timestamp}::timestamptz, ${after.id}::uuid)`;
  const { rows } = await sql<MessageRow>`
    select id, message_id, direction, size, labels, timestamp, sender, "to", cc, bcc, subject, in_reply_to from messages
    where pod_id = ${inbox.podId} and inbox_id = ${inbox.id} and timestamp >= ${since}
      and (${direction}::text is null or direction = ${direction}::text) ${behind}
    order by timestamp ${order}, id ${order} limit ${limit}`.execute(tx.within(scope));
  return rows.map(({ message_id: messageId, sender: from, in_reply_to: inReplyTo, ...row }) => ({
    ...row,
    messageId,
    from,
    inReplyTo,
  }));
}
