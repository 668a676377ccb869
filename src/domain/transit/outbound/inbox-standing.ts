/**
 * The circuit breaker of one inbox: an agent whose mail bounces or is complained of stops writing to other servers for a day, before its pod
 * has to. The bounds are the vendor's (nylas 4.5).
 */
import type { Context } from "../../door/context.ts";
import { findRecentOf, suspendInboxes } from "./inbox-standing-store.ts";
import {
  INBOX_COMPLAINTS_FROM,
  INBOX_RATES_FROM_SENDS,
  INBOX_SUSPEND_COMPLAINT_RATE,
  INBOX_SUSPENSION_MS,
  RATE_WINDOW_MS,
  SUSPEND_RATE,
} from "./limits.ts";
import { percent, ratesOf } from "./standing.ts";
import type { Counts } from "./standing-store.ts";

/** Looks at the last 24 hours of inboxes, with what this transaction counted. */
export async function holdInboxesToRates(
  context: Context,
  podId: string,
  inboxIds: readonly string[],
): Promise<void> {
  const { tx, scope, now } = context;
  const recent = await findRecentOf(tx, scope, podId, inboxIds, new Date(now.getTime() - RATE_WINDOW_MS));
  const suspended = recent.flatMap((one) => {
    const reason = one.suspendedUntil === null ? reasonOf(one) : null;
    return reason === null ? [] : [{ inboxId: one.inboxId, reason }];
  });
  if (suspended.length === 0) return;
  const until = new Date(now.getTime() + INBOX_SUSPENSION_MS);
  const ids = await suspendInboxes(tx, scope, podId, suspended, { from: now, until });
  context.changed(
    ids.map((inboxId) => ({ operation: "outbound.suspend_inbox", podId, inboxId, target: inboxId })),
  );
}

/** Why an inbox with these counts may write no more; null: it may. */
function reasonOf(counts: Counts): string | null {
  const { sent, complained } = counts;
  if (sent < INBOX_RATES_FROM_SENDS) return null;
  const { bounceRate, complaintRate } = ratesOf(counts);
  const of = `of ${sent.toLocaleString("en")} recipients in 24 hours`;
  if ((bounceRate ?? 0) >= SUSPEND_RATE) return `${percent(bounceRate ?? 0)} ${of} bounced.`;
  const isComplained =
    complained >= INBOX_COMPLAINTS_FROM && (complaintRate ?? 0) >= INBOX_SUSPEND_COMPLAINT_RATE;
  return isComplained ? `${percent(complaintRate ?? 0)} ${of} led to complaints.` : null;
}
