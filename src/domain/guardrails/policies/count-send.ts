import type { InboxContext } from "../../door/context.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { limitReached, storageReached } from "./refusals.ts";
import { type CountedSend, countSends } from "./send-store.ts";

/**
 * Counts a send of the context's inbox, against every cap over time and the storage, before it is stored: start it behind all that may
 * refuse the send, as it holds the inbox's counts until the commit. What it refuses uses nothing up.
 * @throws Failure limit.reached, storage.reached
 */
export async function countSend(context: InboxContext, limits: MailLimits, send: CountedSend): Promise<void> {
  const { tx, scope, inbox, now, sharing } = context;
  const asked = { ...send, inbox, limits, now, mayWait: !sharing.isShared };
  const exceeded = await tx.together(countSends, scope, asked);
  if (exceeded === "busy") return sharing.leave();
  if (exceeded === null) return;
  const { name, used, resetAt } = exceeded;
  const count = limits[name];
  throw name === "storageBytes" ? storageReached(count, used) : limitReached(name, count, { used, resetAt });
}
