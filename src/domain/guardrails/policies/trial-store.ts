/** SQL of trials: what a policy is held against of messages that are stored already. Changes nothing. */
import { sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { LimitName, MailLimits } from "../../door/mail-limits.ts";
import { type Expiry, isJunkBefore, isStoredBefore } from "./rows.ts";
import { capsOf, type Exceeded, type ExceededRow, exceededOf, sendCaps } from "./send-store.ts";

/** The inbox that a trial is about. */
export interface TriedIn {
  readonly podId: string;
  readonly id: string;
}

export interface TriedFile {
  readonly contentType: string | null;
  readonly bytes: number;
}

/** Files of messages, by the message's row id. */
export async function findTriedFiles(
  tx: Tx,
  scope: Scope,
  podId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly TriedFile[]>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ message_uuid: string; content_type: string | null; size: number }>`
    select message_uuid, content_type, size from attachments
    where pod_id = ${podId} and message_uuid = ${anyOf(ids)}`.execute(tx.within(scope));
  const files = Map.groupBy(rows, ({ message_uuid: id }) => id);
  return new Map(
    [...files].map(([id, own]) => [
      id,
      own.map((row) => ({ contentType: row.content_type, bytes: row.size })),
    ]),
  );
}

/** Which messages retention would delete now, and by which limit. */
export async function findTriedExpired(
  tx: Tx,
  scope: Scope,
  podId: string,
  ids: readonly string[],
  { storedBefore, junkBefore }: Expiry,
): Promise<ReadonlyMap<string, LimitName>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: string; is_old: boolean; is_old_junk: boolean }>`
    select id, ${storedBefore === null ? sql`false` : isStoredBefore(storedBefore)} as is_old,
      ${junkBefore === null ? sql`false` : sql`(${isJunkBefore(junkBefore)})`} as is_old_junk
    from messages where pod_id = ${podId} and id = ${anyOf(ids)}`.execute(tx.within(scope));
  return new Map(
    rows.flatMap(({ id, is_old: isOld, is_old_junk: isOldJunk }): [string, LimitName][] =>
      isOld ? [[id, "inboxRetentionDays"]] : isOldJunk ? [[id, "spamRetentionDays"]] : [],
    ),
  );
}

/** Bytes of the mail from before a moment that an inbox still holds. */
export async function sumBytesBefore(
  tx: Tx,
  scope: Scope,
  { podId, id }: TriedIn,
  before: Date,
): Promise<number> {
  const { rows } = await sql<{ bytes: string | null }>`
    select sum(size) as bytes from messages
    where pod_id = ${podId} and inbox_id = ${id} and timestamp < ${before}`.execute(tx.within(scope));
  return Number(rows[0]?.bytes ?? 0);
}

/** Those of the recipients, in lower case, that the inbox had written to in mail before a message of its own that is still there. */
export async function findWrittenTo(
  tx: Tx,
  scope: Scope,
  { podId, id }: TriedIn,
  before: { readonly timestamp: Date; readonly id: string },
  recipients: readonly string[],
): Promise<ReadonlySet<string>> {
  if (recipients.length === 0) return new Set();
  const { rows } = await sql<{ recipient: string }>`
    select distinct lower(r) as recipient from messages join outbound_deliveries as d
      on d.pod_id = messages.pod_id and d.message_uuid = messages.id
    cross join lateral unnest(coalesce(d.recipients, array[d.recipient])) as r
    where messages.pod_id = ${podId} and messages.inbox_id = ${id} and direction = 'outbound'
      and (timestamp, messages.id) < (${before.timestamp}::timestamptz, ${before.id}::uuid)
      and lower(r) = any (${[...recipients]}::text[])`.execute(tx.within(scope));
  return new Set(rows.map(({ recipient }) => recipient));
}

/** Counts of sends, as rookery_try_send in migrations/0021_policies.sql gives them; null: of none. */
export type SendCounts = unknown;

/** @param added recipients that are new. @returns the counts after it, with it when nothing is exceeded */
export async function trySendRow(
  tx: Tx,
  scope: Scope,
  limits: MailLimits,
  counts: SendCounts,
  { at, added }: { readonly at: Date; readonly added: number },
): Promise<{ readonly counts: SendCounts; readonly exceeded: Exceeded | null }> {
  const { rows } = await sql<ExceededRow & { readonly counts: unknown }>`
    select counts, exceeded, used, resets_at from rookery_try_send(${counts === null ? null : JSON.stringify(counts)}::jsonb,
      ${at}::timestamptz, ${added}::bigint, ${capsOf(limits, sendCaps)})`.execute(tx.within(scope));
  return { counts: rows[0]?.counts ?? null, exceeded: exceededOf(rows[0]) };
}
