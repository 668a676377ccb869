/** SQL that counts sends. */
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { InboxTarget, Scope } from "../../door/access/index.ts";
import { type LimitName, limitNames, type MailLimits } from "../../door/mail-limits.ts";

export interface CountedSend {
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

/** A send to be counted, in its inbox. */
export interface SendToCount extends CountedSend {
  readonly inbox: InboxTarget;
  readonly limits: MailLimits;
  readonly now: Date;
  /** Whether it may wait for others who count sends of the inbox. */
  readonly mayWait: boolean;
}

/** "busy": somebody else counts sends of the inbox. Null: it is counted. */
export type CountOutcome = Exceeded | "busy" | null;

/**
 * Before their messages are stored: see rookery_count_sends in migrations/0050_sends_together.sql. The counts of the inboxes are locked
 * until the commit, in the order of their ids, so that two never wait for each other.
 */
export async function countSends(
  tx: Tx,
  scope: Scope,
  sends: readonly SendToCount[],
): Promise<readonly CountOutcome[]> {
  const rows = sends.map((send, at) => rowOf(send, at));
  rows.sort((one, other) => (one.inbox < other.inbox ? -1 : Number(one.inbox > other.inbox)));
  const mayWait = sends.every((send) => send.mayWait);
  const { rows: counted } = await sql<ExceededRow & { place: number }>`
    select place, exceeded, used, resets_at from rookery_count_sends(${JSON.stringify(rows)}, ${mayWait})`.execute(
    tx.within(scope),
  );
  const byPlace = new Map(counted.map((row) => [row.place, row]));
  return sends.map((_, at) => {
    const row = byPlace.get(at);
    return row?.exceeded === "busy" ? "busy" : exceededOf(row);
  });
}

function rowOf({ inbox, limits, now, bytes, recipients }: SendToCount, at: number) {
  const most = (name: LimitName): number | null => (Number.isFinite(limits[name]) ? limits[name] : null);
  return {
    ...{ at, pod: inbox.podId, inbox: inbox.id, organization: inbox.organizationId, sent_at: now },
    ...{ bytes, recipients, version: inbox.guardrails.version },
    per_minute: most("sentPerMinute"),
    per_five_minutes: most("sentPerFiveMinutes"),
    per_hour: most("sentPerHour"),
    per_day: most("sentPerDay"),
    per_thirty_days: most("sentPerThirtyDays"),
    new_per_day: most("newRecipientsPerDay"),
    storage: most("storageBytes"),
  };
}
