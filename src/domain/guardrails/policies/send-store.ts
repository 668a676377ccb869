/** SQL that counts sends. */
import { type RawBuilder, sql } from "kysely";
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

/** Limits as the functions of migrations/0021_policies.sql take them, in their order; null bounds nothing. */
export const capsOf = (limits: MailLimits, names: readonly LimitName[]): RawBuilder<unknown> =>
  sql.join(names.map((name) => sql`${Number.isFinite(limits[name]) ? limits[name] : null}::bigint`));

/** Caps over time, in the order of those functions. */
export const sendCaps = [
  "sentPerMinute",
  "sentPerFiveMinutes",
  "sentPerHour",
  "sentPerDay",
  "sentPerThirtyDays",
  "newRecipientsPerDay",
] as const;

/** What those functions say that a send would exceed. */
export interface ExceededRow {
  readonly exceeded: string | null;
  readonly used: string | null;
  readonly resets_at: Date | null;
}

/** @returns null when nothing is */
export function exceededOf(row: ExceededRow | undefined): Exceeded | null {
  const name = limitNames.find((one) => one === row?.exceeded);
  if (name === undefined) return null;
  return { name, used: Number(row?.used ?? 0), resetAt: row?.resets_at ?? null };
}

/** See rookery_count_send in migrations/0021_policies.sql. @returns null for a send that is counted */
export async function countSendRow(
  { tx, scope, inbox, now }: InboxContext,
  limits: MailLimits,
  { id, bytes, recipients }: CountedSend,
): Promise<Exceeded | null> {
  const { podId, organizationId, guardrails } = inbox;
  const { rows } = await sql<ExceededRow>`
    select exceeded, used, resets_at from rookery_count_send(${podId}::uuid, ${inbox.id}::uuid, ${organizationId}::uuid,
      ${now}::timestamptz, ${id}::uuid, ${bytes}::bigint, ${[...recipients]}::text[], ${guardrails.version}::text,
      ${capsOf(limits, [...sendCaps, "storageBytes"])})`.execute(tx.within(scope));
  return exceededOf(rows[0]);
}
