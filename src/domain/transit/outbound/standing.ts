/**
 * What a pod's bounces and complaints lead to: a warning, then the end of its mail to other servers until an operator has looked. One
 * tenant that writes to bought lists costs all tenants of the machine their good name.
 */
import type { Context } from "../../door/context.ts";
import { RATE_WINDOW_MS, RATES_FROM_SENDS, SUSPEND_RATE, WARN_RATE } from "./limits.ts";
import { type Counts, findRecent, setStanding } from "./standing-store.ts";

export interface Rates {
  /** Of what was sent, 0 to 1; null: nothing was. */
  readonly bounceRate: number | null;
  readonly complaintRate: number | null;
}

export const ratesOf = ({ sent, bounced, complained }: Counts): Rates => ({
  bounceRate: sent === 0 ? null : bounced / sent,
  complaintRate: sent === 0 ? null : complained / sent,
});

/** Of a rate, 0 to 1. */
export const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;

/** Looks at the pod's last 24 hours, with what this transaction counted. */
export async function holdToRates(context: Context, podId: string): Promise<void> {
  const { tx, scope, now } = context;
  const recent = await findRecent(tx, scope, podId, new Date(now.getTime() - RATE_WINDOW_MS));
  if (recent.sent < RATES_FROM_SENDS || recent.suspendedAt !== null) return;
  const { bounceRate, complaintRate } = ratesOf(recent);
  const worst = Math.max(bounceRate ?? 0, complaintRate ?? 0);
  if (worst < WARN_RATE || (recent.warnedAt !== null && worst < SUSPEND_RATE)) return;
  const isSuspended = worst >= SUSPEND_RATE;
  const what = worst === bounceRate ? "bounced" : "led to complaints";
  const reason = `${percent(worst)} of ${recent.sent.toLocaleString("en")} recipients in 24 hours ${what}.`;
  tx.beforeCommit(setStanding(tx, scope, podId, { isSuspended, reason, at: now }));
  context.changed([{ operation: isSuspended ? "outbound.suspend" : "outbound.warn", podId, target: podId }]);
}
