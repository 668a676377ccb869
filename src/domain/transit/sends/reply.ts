import { type MailAddress, parseAddress, splitSubaddress } from "../../../protocols/address/index.ts";
import { replySubject } from "../../../protocols/mime/index.ts";
import { invalid } from "../../door/failures.ts";
import { type InboxContext, operation } from "../../door/operation.ts";
import { MAX_REFERENCES } from "../../limits.ts";
import { type FullMessage, requireMessage } from "../../mail/messages/index.ts";
import { onceFor } from "./idempotency.ts";
import { type CheckedOutgoing, checkOutgoing, type Outgoing, requireRecipients } from "./outgoing.ts";
import type { Submitted } from "./sending.ts";
import { type Placement, submit } from "./submit.ts";

export interface Reply extends Outgoing {
  readonly messageId: string;
  /** To everybody; then to, cc and bcc must be absent. */
  readonly replyAll: boolean;
}

/** Replies within the thread: to whom the caller names, else to the sender's Reply-To or From, or to everybody. */
export const replyToMessage = operation({
  name: "message.reply",
  needs: "message_send",
  on: "inbox",
  kind: "write",
  run: (context, input: Reply): Promise<Submitted> => reply(context, input),
});

/** Replies to the sender and everybody the message went to, without ourselves. */
export const replyAllToMessage = operation({
  name: "message.reply_all",
  needs: "message_send",
  on: "inbox",
  kind: "write",
  run: (context, input: Outgoing & { readonly messageId: string }): Promise<Submitted> =>
    reply(context, { ...input, replyAll: true }),
});

async function reply(context: InboxContext, input: Reply): Promise<Submitted> {
  const outgoing = checkOutgoing(input);
  const named = outgoing.to.length + outgoing.cc.length + outgoing.bcc.length > 0;
  if (input.replyAll && named)
    throw invalid(["reply_all"], "reply_all cannot be combined with to, cc, or bcc");
  const { idempotencyKey } = input;
  // Looked up inside: a reply that was sent is answered as before when the original has gone since.
  return onceFor(context, idempotencyKey, { operation: "reply", input }, async () => {
    const original = await requireMessage(context, input.messageId);
    const recipients = named ? {} : recipientsOf(original, context.inbox.address, input.replyAll);
    const whole: CheckedOutgoing = { ...outgoing, ...recipients, subject: replySubject(original.subject) };
    requireRecipients(whole);
    return submit(context, whole, placementAfter(original));
  });
}

/** The thread and the reference headers of an answer to `original` (RFC 5322 section 3.6.4). */
export function placementAfter(original: FullMessage): Placement {
  const references = [...original.references.filter((id) => id !== original.messageId), original.messageId];
  return {
    threadId: original.threadId,
    inReplyTo: original.messageId,
    references: references.slice(-MAX_REFERENCES),
  };
}

function parseAll(addresses: readonly string[]): MailAddress[] {
  return addresses.map(parseAddress).filter((address) => address !== null);
}

/** Who a reply goes to. A reply to what we sent ourselves goes to those we sent it to (contract 9.2). */
function recipientsOf(
  original: FullMessage,
  own: string,
  all: boolean,
): { to: MailAddress[]; cc: MailAddress[] } {
  const sent = original.direction === "outbound";
  const sender = parseAll(original.replyTo.length > 0 ? original.replyTo : [original.from]);
  const first = sent ? parseAll(original.to) : sender;
  if (!all) return { to: first, cc: [] };
  const seen = new Set<string>();
  const fresh = (address: MailAddress): boolean => {
    const key = address.address.toLowerCase();
    // Our own with a tag behind it is ours as well.
    if (seen.has(key) || splitSubaddress(key).base === own) return false;
    seen.add(key);
    return true;
  };
  const to = first.filter(fresh);
  const others = sent ? parseAll(original.cc) : parseAll([...original.to, ...original.cc]);
  const cc = others.filter(fresh);
  return { to: to.length > 0 ? to : first, cc };
}
