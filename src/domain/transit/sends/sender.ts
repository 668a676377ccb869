/** Who signs a send that leaves for other servers, and whether it may. */
import type { MailAddress } from "../../../protocols/address/index.ts";
import type { DkimSigner } from "../../../protocols/dkim/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { findSender, isAnothers, returnPathHost, whyNotSend } from "../../tenancy/domains/index.ts";
import { isOwnAddress } from "./own-address.ts";

/**
 * Who a send is from: the inbox, or one of its aliases, under the display name given or the inbox's own.
 * @throws Failure input.invalid for any other address
 */
export async function fromOf(context: InboxContext, given: MailAddress | null): Promise<MailAddress> {
  const { displayName: name, address: own } = context.inbox;
  if (given === null) return { name, address: own };
  const address = given.address.toLowerCase();
  if (await isOwnAddress(context, address)) return { name: given.name ?? name, address };
  throw invalid(
    ["from"],
    says`${field("from")} is neither the inbox nor one of its aliases`,
    "List the aliases of the inbox to see those it has.",
  );
}

/**
 * Mail that stays here is not judged when it arrives: whoever had a domain before another tenant got it verified would be believed to be that one.
 * @param from that the mail is from, lower-case
 * @throws Failure domain.not_verified when its domain is another tenant's by now
 */
export async function requireOwnDomain(context: InboxContext, from: string): Promise<void> {
  const { inbox, installation } = context;
  const domain = from.slice(from.lastIndexOf("@") + 1);
  if (domain === installation.domain || !(await isAnothers(context, { podId: inbox.podId, domain }))) return;
  throw fail("domain.not_verified", {
    message: `${domain} is verified for another tenant of this server, so nothing is sent from it here`,
    hint: "Send from an inbox on a domain of this pod.",
  });
}

/** How a mail leaves for other servers. */
export interface Leaving {
  /** Who signs it; none when nothing leaves. */
  readonly signers: readonly DkimSigner[];
  /** Host of the envelope sender, aligned with From as SPF and DMARC ask; null when nothing leaves. */
  readonly returnPath: string | null;
}

/**
 * Mail that stays here is not signed: nobody verifies it. A mail for recipients here and elsewhere is one, and signed.
 * @param from that the mail is from, lower-case
 * @param leaves whether some recipient is at another server
 * @throws Failure domain.not_verified when mail of the sender's domain may not leave
 */
export async function leavingAs(context: InboxContext, from: string, leaves: boolean): Promise<Leaving> {
  if (!leaves || !context.installation.sendsOut) return { signers: [], returnPath: null };
  const sender = await findSender(context, context.inbox.podId, from);
  const refusal = whyNotSend(sender, from);
  if (refusal !== null) throw refusal;
  return {
    signers: sender.signers,
    returnPath: sender.domain === null ? null : returnPathHost(sender.domain),
  };
}
