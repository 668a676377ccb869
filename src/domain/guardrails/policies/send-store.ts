/** SQL that counts sends. */
import { sql } from "kysely";
import type { InboxContext } from "../../door/context.ts";
import { type LimitName, limitNames, type MailLimits } from "../../door/mail-limits.ts";

export interface CountedSend {
  /** Row id of the message, which is stored already, with its thread and copies. */
  readonly id: string;
  readonly bytes: number;
  readonly recipients: readonly string[];
}

/** A limit that the send would exceed. */
export interface Exceeded {
  readonly name: LimitName;
  readonly used: number;
  readonly resetAt: Date | null;
}

const bounded = (limit: number): number | null => (Number.isFinite(limit) ? limit : null);

/** See rookery_count_send in migrations/0021_policies.sql. @returns null for a send that is counted */
export async function countSendRow(
  { tx, scope, inbox, now }: InboxContext,
  limits: MailLimits,
  { id, bytes, recipients }: CountedSend,
): Promise<Exceeded | null> {
  const { podId, organizationId, guardrails } = inbox;
  const caps = [
    limits.sentPerMinute,
    limits.sentPerFiveMinutes,
    limits.sentPerHour,
    limits.sentPerDay,
    limits.sentPerThirtyDays,
    limits.newRecipientsPerDay,
    limits.storageBytes,
  ].map((limit) => sql`${bounded(limit)}::bigint`);
  const { rows } = await sql<{ exceeded: string | null; used: string | null; resets_at: Date | null }>`
    select exceeded, used, resets_at from rookery_count_send(${podId}::uuid, ${inbox.id}::uuid, ${organizationId}::uuid,
      ${now}::timestamptz, ${id}::uuid, ${bytes}::bigint, ${[...recipients]}::text[], ${guardrails.version}::text,
      ${sql.join(caps)})`.execute(tx.within(scope));
  const name = limitNames.find((one) => one === rows[0]?.exceeded);
  if (name === undefined) return null;
  return { name, used: Number(rows[0]?.used ?? 0), resetAt: rows[0]?.resets_at ?? null };
}
