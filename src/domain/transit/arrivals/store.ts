/** SQL of ingest: what a group of arrivals locks and looks up before it is written. */
import { type RawBuilder, sql } from "kysely";
import { byKey, inTheirPod } from "../../../storage/by-key.ts";
import type { Tx } from "../../../storage/db.ts";
import { type AnyScope, findPodsOfInboxes } from "../../door/access/index.ts";
import { hex } from "../../mail/blobs/rows.ts";
import type { KnownMessage } from "./known-messages.ts";

/** Names messages within an inbox, by a Message-ID. */
export interface MessageKey {
  readonly podId: string;
  readonly inboxId: string;
  readonly messageId: string;
}

/** A mail that arrives. */
export interface MailKey extends MessageKey {
  readonly contentSha256: Buffer;
}

/**
 * Rows looked at by sent id for the ancestors of a group: those are second mails under a Message-ID, which are rare, and a
 * sender may store any number of them. What is beyond only joins no thread.
 */
const MAX_SECOND_MAILS = 1000;

/**
 * Messages that the inboxes hold: under the id of each key; those that are the same mail as one of `mails`, whatever their own
 * id; and those that were sent under the id of an ancestor, whose first may have been deleted. One query for a whole group, which is of several pods
 * in a transaction that `looksUpKeys` alone.
 */
export async function findKnown(
  tx: Tx,
  scope: AnyScope,
  mails: readonly MailKey[],
  ancestors: readonly MessageKey[],
): Promise<KnownMessage[]> {
  if (mails.length === 0) return [];
  const second = sql`union all (select ${columns} from messages where ${under("sent_message_id", ancestors)} limit ${MAX_SECOND_MAILS})`;
  const { rows } = await sql<KnownRow>`
    select ${columns} from messages where ${under("message_id", [...mails, ...ancestors])}
    union all select ${columns} from messages where ${sameMail(mails)}
    ${ancestors.length === 0 ? sql`` : second}`.execute(tx.within(scope));
  return rows.map(knownOf);
}

/** Names an Outlook conversation within an inbox. */
export interface ConversationKey {
  readonly podId: string;
  readonly inboxId: string;
  readonly conversationId: string;
}

/** The newest message of each conversation. One query for each pod: Citus takes a lateral join within one only. */
export async function findConversations(
  tx: Tx,
  scope: AnyScope,
  keys: readonly ConversationKey[],
): Promise<KnownMessage[]> {
  const ofPods = [...Map.groupBy(keys, ({ podId }) => podId)].map(
    ([podId, own]) => sql<KnownRow>`
      select newest.* from unnest(${own.map((key) => key.inboxId)}::uuid[], ${own.map((key) => key.conversationId)}::uuid[])
        as asked (inbox, conversation)
      cross join lateral (
        select ${columns} from messages
        where pod_id = ${podId} and inbox_id is not distinct from asked.inbox and conversation_id = asked.conversation
        order by timestamp desc limit 1) as newest`,
  );
  const results = await Promise.all(ofPods.map((query) => query.execute(tx.within(scope))));
  return results.flatMap(({ rows }) => rows.map(knownOf));
}

const columns = sql`inbox_id, message_id, sent_message_id, content_sha256, conversation_id, thread_id, timestamp, direction`;

/**
 * As text, which no index has. The planner knows a grown inbox only once the table was analyzed, took an index by inbox and time for as good as the
 * one by id until then, and read all messages of the inbox for each mail: 26 ms for 10,000.
 */
const inbox = sql`inbox_id::text`;

/** The messages of each key. */
function under(column: "message_id" | "sent_message_id", keys: readonly MessageKey[]): RawBuilder<boolean> {
  const [inboxes, ids] = [keys.map((key) => key.inboxId), keys.map((key) => key.messageId)];
  return sql`(pod_id, ${inbox}, ${sql.ref(column)}) in (select * from unnest(${keys.map((key) => key.podId)}::uuid[], ${inboxes}::text[], ${ids}::text[]))
    and ${inTheirPod("pod_id", keys)}`;
}

/** Messages that are the same mails, under another id. */
function sameMail(mails: readonly MailKey[]): RawBuilder<boolean> {
  const [inboxes, ids] = [mails.map((key) => key.inboxId), mails.map((key) => key.messageId)];
  const contents = mails.map((key) => hex(key.contentSha256));
  return sql`(pod_id, ${inbox}, sent_message_id, content_sha256) in (select * from unnest(
      ${mails.map((key) => key.podId)}::uuid[], ${inboxes}::text[], ${ids}::text[], ${contents}::bytea[]))
    and ${inTheirPod("pod_id", mails)}`;
}

interface KnownRow {
  readonly inbox_id: string;
  readonly message_id: string;
  readonly sent_message_id: string | null;
  readonly content_sha256: Buffer | null;
  readonly conversation_id: string | null;
  readonly thread_id: string;
  readonly timestamp: Date;
  readonly direction: "inbound" | "outbound";
}

const knownOf = (row: KnownRow): KnownMessage => ({
  inboxId: row.inbox_id,
  messageId: row.message_id,
  sentMessageId: row.sent_message_id ?? row.message_id,
  contentSha256: row.content_sha256,
  conversationId: row.conversation_id,
  threadId: row.thread_id,
  timestamp: row.timestamp,
  isOurs: row.direction === "outbound",
});

/** Names an inbox. */
export interface InboxKey {
  readonly podId: string;
  readonly inboxId: string;
}

export { isLockTimeout } from "../../../storage/errors.ts";

/** Ids of inboxes that a group has mail for. Those in no set were deleted. */
export interface LockedInboxes {
  readonly locked: ReadonlySet<string>;
  /** Somebody else has locked them. */
  readonly busy: ReadonlySet<string>;
  /** On their way to another pod, or there since they were looked up: their mail is to come again. */
  readonly moved: ReadonlySet<string>;
}

/**
 * Locks inboxes in key order, so that two groups with the same mail for one inbox take turns and the second sees the
 * first's. It waits for locks.
 */
export async function lockInboxes(
  tx: Tx,
  scope: AnyScope,
  keys: readonly InboxKey[],
): Promise<LockedInboxes> {
  const rows = await findInboxes(tx, scope, keys, sql`for no key update`);
  return lockedOf(tx, scope, keys, rows, new Set());
}

/** The same without waiting for a lock. */
export async function lockFreeInboxes(
  tx: Tx,
  scope: AnyScope,
  keys: readonly InboxKey[],
): Promise<LockedInboxes> {
  const rows = await findInboxes(tx, scope, keys, sql`for no key update skip locked`);
  const mine = idsOf(rows);
  if (keys.every(({ inboxId }) => mine.has(inboxId))) return lockedOf(tx, scope, keys, rows, new Set());
  const busy = idsOf(await findInboxes(tx, scope, keys, sql``));
  for (const id of mine) busy.delete(id);
  return lockedOf(tx, scope, keys, rows, busy);
}

interface LockedRow {
  readonly id: string;
  readonly moving_to: string | null;
}

/** Looks for those that are not where they were; there seldom are any. */
async function lockedOf(
  tx: Tx,
  scope: AnyScope,
  keys: readonly InboxKey[],
  rows: readonly LockedRow[],
  busy: ReadonlySet<string>,
): Promise<LockedInboxes> {
  const locked = idsOf(rows.filter((row) => row.moving_to === null));
  const gone = keys.map(({ inboxId }) => inboxId).filter((id) => !locked.has(id) && !busy.has(id));
  return { locked, busy, moved: new Set((await findPodsOfInboxes(tx, scope, gone)).keys()) };
}

const idsOf = (rows: readonly { readonly id: string }[]): Set<string> => new Set(rows.map(({ id }) => id));

/** @param locking its ending, which locks them */
async function findInboxes(
  tx: Tx,
  scope: AnyScope,
  keys: readonly InboxKey[],
  locking: RawBuilder<unknown>,
): Promise<readonly LockedRow[]> {
  const named = keys.map(({ podId, inboxId }) => ({ podId, id: inboxId }));
  const { rows } = await sql<LockedRow>`
    select id, moving_to from inboxes
    where ${byKey("inboxes", named)}
    order by pod_id, id ${locking}`.execute(tx.within(scope));
  return rows;
}
