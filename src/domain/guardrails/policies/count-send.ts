import type { InboxContext } from "../../door/context.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { limitReached, storageReached } from "./refusals.ts";
import { type CountedSend, countSendRow } from "./send-store.ts";

/**
 * Counts a send of the context's inbox, against every cap over time and the storage, in one statement: start it behind all others, as
 * it holds the inbox's counts until the commit. What it refuses is rolled back with the rest, so that it uses nothing up.
 * @throws Failure limit.reached, storage.reached
 */
export async function countSend(context: InboxContext, limits: MailLimits, send: CountedSend): Promise<void> {
  const exceeded = await countSendRow(context, limits, send);
  if (exceeded === null) return;
  const { name, used, resetAt } = exceeded;
  const count = limits[name];
  throw name === "storageBytes" ? storageReached(count, used) : limitReached(name, count, { used, resetAt });
}
