/** What every send must pass before its mail is written, whichever way in it takes. */
import type { InboxContext } from "../../door/context.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { requireUnpaused } from "../../door/paused.ts";
import { checkRecipients } from "../../guardrails/lists/index.ts";
import { checkRecipientCount } from "../../guardrails/policies/index.ts";
import { holdUnverified } from "../../tenancy/sign-ups/index.ts";
import type { QueuedFor } from "../copies/index.ts";
import { holdAgainstRules, type RuledSend } from "./rules.ts";
import { type Leaving, leavingAs, requireOwnDomain } from "./sender.ts";
import { waysOf } from "./ways.ts";

/** A send that may be written and stored. */
export interface AdmittedSend extends Leaving {
  /** Addresses of all recipients. */
  readonly recipients: readonly string[];
  readonly limits: MailLimits;
  readonly ways: QueuedFor;
  readonly ruled: RuledSend;
  /** Counts what is counted of an organization that is not verified. */
  readonly countUnverified: () => void;
}

/**
 * @param from address that it is from, lower-case
 * @throws Failure sending.paused, pod.suspended; domain.not_verified for mail that may not leave, or from a domain that is another tenant's; message.rejected when a send list refuses a recipient; input.invalid for more recipients
 * than the inbox may name; rule.blocked and guardrails.unavailable
 */
export async function admitSend(
  context: InboxContext,
  from: string,
  recipients: readonly string[],
  { isReply }: { readonly isReply: boolean },
): Promise<AdmittedSend> {
  const { tx, scope, inbox } = context;
  requireUnpaused(inbox);
  const limits = await context.limitsInForce.of(tx, scope, inbox);
  checkRecipientCount(limits, recipients);
  await checkRecipients(context, recipients);
  const countUnverified = await holdUnverified(context, recipients);
  await requireOwnDomain(context, from);
  const ways = await waysOf(context, recipients);
  const leaving = await leavingAs(context, from, ways.elsewhere.length > 0);
  const ruled = await holdAgainstRules(context, recipients, { isReply });
  return { recipients, limits, ways, ...leaving, ruled, countUnverified };
}
