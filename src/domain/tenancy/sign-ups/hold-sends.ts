import { canonicalAddress } from "../../../protocols/address/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { MAX_UNVERIFIED_RECIPIENTS } from "./limits.ts";
import { dayOf } from "./sign-up.ts";
import { lockSignUp, saveSends } from "./store.ts";

/**
 * Holds a send of an organization that is not verified: to its human alone, and to so many recipients a day.
 * @returns counts them, once nothing refuses the send any more
 * @throws Failure message.rejected, limit.reached
 */
export async function holdUnverified(
  { tx, scope, inbox, now, sharing }: InboxContext,
  recipients: readonly string[],
): Promise<() => void> {
  if (!inbox.isUnverified) return () => undefined;
  sharing.claim(`sign-up ${inbox.organizationId}`);
  const signUp = await lockSignUp(tx, scope);
  if (signUp === null) throw new Error("an organization that is not verified has no sign-up");
  const others = [...new Set(recipients)].filter((one) => canonicalAddress(one) !== signUp.humanEmail);
  if (others.length > 0)
    throw fail("message.rejected", {
      message: `Message rejected: Recipient(s) blocked: ${others.map((one) => `${one} (not in allow list)`).join(", ")}`,
      hint:
        signUp.humanEmail === null
          ? "The inbox only receives until its organization has a human, and that human has verified it."
          : "Until the organization is verified its inbox may write to its human alone.",
    });
  const sent = (signUp.sentOn === dayOf(now) ? signUp.sent : 0) + recipients.length;
  if (sent > MAX_UNVERIFIED_RECIPIENTS)
    throw fail("limit.reached", {
      message: "Daily send limit exceeded",
      hint: "Verify the organization, or wait until the next day in UTC.",
      limit: {
        resource: "dailyRecipients",
        count: MAX_UNVERIFIED_RECIPIENTS,
        used: sent - recipients.length,
        resetAt: new Date(Date.parse(dayOf(now)) + 86_400_000),
      },
    });
  const { organizationId } = signUp;
  return () => tx.beforeCommit(saveSends(tx, scope, { organizationId, sent, sentOn: dayOf(now) }));
}
