import { type MailAddress, parseReceivedAddress, splitSubaddress } from "../../../protocols/address/index.ts";
import { replySubject } from "../../../protocols/mime/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_REFERENCES } from "../../limits.ts";
import {
  type Message,
  type MessageRef,
  messageRefOf,
  requireMessageHead,
} from "../../mail/messages/index.ts";
import { type Repeatable, repeatable, withIdempotencyKey } from "./idempotency.ts";
import {
  type CheckedOutgoing,
  checkOutgoing,
  type Outgoing,
  requireRecipients,
  shareOf,
} from "./outgoing.ts";
import type { Sent } from "./store-sent.ts";
import { submit, submitFailures, type ThreadRef } from "./submit.ts";

export type Reply = Outgoing &
  MessageRef & {
    /** To everybody; then to, cc and bcc must be absent. */
    readonly replyAll: boolean;
  };

/**
 * Replies within the thread: to the recipients that the caller names, else to the sender's Reply-To or From, or to everybody.
 * The original's subject goes with it. Its sender and its recipients know that; others learn it, so a key that names them
 * must be one that may read it.
 */
export const replyToMessage = operation({
  name: "message.reply",
  needs: [
    "message_reply",
    // To anybody else it would be a mail that the caller starts.
    { permission: "message_send", if: namesRecipients, says: "when it names recipients" },
    { permission: "message_read", if: namesRecipients, says: "when it names recipients" },
  ],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found", ...submitFailures],
  shares: shareOf,
  check: checkReply,
  run: reply,
});

/** Replies to the sender and everybody the message went to, without ourselves. */
export const replyAllToMessage = operation({
  name: "message.reply_all",
  needs: ["message_reply"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found", ...submitFailures],
  shares: shareOf,
  check: (input: Omit<Outgoing, "to" | "cc" | "bcc"> & MessageRef) =>
    checkReply({ ...input, replyAll: true }),
  run: reply,
});

function namesRecipients({ to = [], cc = [], bcc = [] }: Outgoing): boolean {
  return to.length + cc.length + bcc.length > 0;
}

interface CheckedReply {
  readonly message: MessageRef;
  readonly outgoing: CheckedOutgoing;
  readonly named: boolean;
  readonly replyAll: boolean;
  readonly request: Repeatable | null;
}

function checkReply(input: Reply): CheckedReply {
  const outgoing = checkOutgoing(input);
  const named = namesRecipients(input);
  if (input.replyAll && named)
    throw invalid(
      ["replyAll"],
      says`${field("replyAll")} cannot be combined with ${field("to")}, ${field("cc")}, or ${field("bcc")}`,
    );
  return {
    message: messageRefOf(input),
    outgoing,
    named,
    replyAll: input.replyAll,
    request: repeatable("reply", input),
  };
}

async function reply(
  context: InboxContext,
  { message, outgoing, named, replyAll, request }: CheckedReply,
): Promise<Sent> {
  // Looked up inside: a repeated reply gets the first answer even when the original was deleted since.
  return withIdempotencyKey(context, request, async () => {
    const original = await requireMessageHead(context, message);
    const recipients = named ? {} : replyRecipients(original, context.inbox.address, replyAll);
    const whole: CheckedOutgoing = { ...outgoing, ...recipients, subject: replySubject(original.subject) };
    requireRecipients(whole);
    return submit(context, whole, replyRef(original));
  });
}

/** The thread and the reference headers of an answer to `original` (RFC 5322 section 3.6.4). */
export function replyRef(original: Message): ThreadRef {
  const { sentMessageId } = original;
  const references = [...original.references.filter((id) => id !== sentMessageId), sentMessageId];
  return {
    threadId: original.threadId,
    inReplyTo: sentMessageId,
    references: references.slice(-MAX_REFERENCES),
  };
}

function parseAll(addresses: readonly string[]): MailAddress[] {
  return addresses.map(parseReceivedAddress).filter((address) => address !== null);
}

/** Who a reply goes to. A reply to what we sent ourselves goes to those we sent it to (contract 9.2). */
export function replyRecipients(
  original: Message,
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
    // The inbox's own address with a plus-tag is its own as well.
    if (seen.has(key) || splitSubaddress(key).base === own) return false;
    seen.add(key);
    return true;
  };
  const to = first.filter(fresh);
  const others = sent ? parseAll(original.cc) : parseAll([...original.to, ...original.cc]);
  const cc = others.filter(fresh);
  return { to: to.length > 0 ? to : first, cc };
}
