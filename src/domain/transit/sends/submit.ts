/** The one way mail leaves an inbox: compose, store under the promised Message-ID, thread, event, deliveries and job. */
import { formatAddress, type MailAddress } from "../../../protocols/address/index.ts";
import { type ComposedMail, type MimeCodec, previewOf } from "../../../protocols/mime/index.ts";
import type { InboxTarget } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { insertMessages, type NewMessage, noMessage } from "../../mail/messages/index.ts";
import { joinThread, lockThreads, saveThreads, startThread } from "../../mail/thread-state/index.ts";
import { insertOutboundDeliveries } from "../deliveries/index.ts";
import { type CheckedOutgoing, displayAll, type WholeOutgoing } from "./outgoing.ts";
import { withRemoteFiles } from "./remote-attachments.ts";
import type { Submitted } from "./sending.ts";

/** Where an outgoing message stands among others; all null and empty for a new conversation. */
export interface Placement {
  readonly threadId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}

export const newConversation: Placement = { threadId: null, inReplyTo: null, references: [] };

/**
 * The last step of a send, behind all that may refuse it: files given by URL are fetched here.
 * @throws Failure message.rejected when the composed message is larger than the installation takes, or a URL
 * gives no file
 */
export async function submit(
  context: InboxContext,
  checked: CheckedOutgoing,
  placement: Placement,
): Promise<Submitted> {
  const { tx, scope, inbox, now, newId } = context;
  const outgoing = withRemoteFiles(context, checked);
  const id = newId();
  const from: MailAddress = { name: inbox.displayName, address: inbox.address };
  const messageId = `<${id}@${inbox.address.slice(inbox.address.indexOf("@") + 1)}>`;
  const composed = await compose(context.mimeCodec, outgoing, placement, { messageId, from, date: now });
  const { raw } = composed;
  if (raw.byteLength > context.installation.maxMessageBytes)
    throw fail("message.rejected", {
      say: `Message rejected: ${raw.byteLength} bytes exceed the limit of ${context.installation.maxMessageBytes}`,
      fix: "Send smaller attachments, or several messages.",
    });
  const threadId = placement.threadId ?? newId();
  const message = messageOf(
    { outgoing, placement, inbox, now, newId },
    { id, messageId, threadId, from: formatAddress(from), composed },
  );
  await place(context, message, placement);
  const recipients = [...outgoing.to, ...outgoing.cc, ...outgoing.bcc].map(({ address }) => address);
  await Promise.all([
    insertMessages(tx, scope, [message], now),
    insertOutboundDeliveries(tx, scope, message, [...new Set(recipients)], newId, now),
  ]);
  context.target(messageId);
  context.emit({
    type: "message.sent",
    podId: inbox.podId,
    inboxId: inbox.id,
    messageUuid: id,
    data: { recipients },
  });
  context.enqueue({ task: "deliver_outbound", payload: { podId: inbox.podId, messageUuid: id } });
  return { messageId, threadId };
}

function compose(
  mimeCodec: MimeCodec,
  outgoing: WholeOutgoing,
  placement: Placement,
  identity: { readonly messageId: string; readonly from: MailAddress; readonly date: Date },
): Promise<ComposedMail> {
  return mimeCodec.compose({
    ...identity,
    to: [...outgoing.to],
    cc: [...outgoing.cc],
    replyTo: [...outgoing.replyTo],
    subject: outgoing.subject,
    text: outgoing.text,
    html: outgoing.html,
    inReplyTo: placement.inReplyTo,
    references: [...placement.references],
    headers: outgoing.headers,
    attachments: [...outgoing.attachments],
  });
}

interface Making {
  readonly outgoing: WholeOutgoing;
  readonly placement: Placement;
  readonly inbox: InboxTarget;
  readonly now: Date;
  readonly newId: () => string;
}

function messageOf(
  { outgoing, placement, inbox, now, newId }: Making,
  made: {
    readonly id: string;
    readonly messageId: string;
    readonly threadId: string;
    readonly from: string;
    readonly composed: ComposedMail;
  },
): NewMessage {
  const { composed } = made;
  return {
    id: made.id,
    organizationId: inbox.organizationId,
    podId: inbox.podId,
    inboxId: inbox.id,
    threadId: made.threadId,
    messageId: made.messageId,
    direction: "outbound",
    labels: ["sent", ...outgoing.labels],
    timestamp: now,
    from: made.from,
    replyTo: displayAll(outgoing.replyTo),
    to: displayAll(outgoing.to),
    cc: displayAll(outgoing.cc),
    bcc: displayAll(outgoing.bcc),
    subject: outgoing.subject,
    preview: previewOf(outgoing.text),
    text: outgoing.text,
    html: outgoing.html,
    extractedText: composed.extractedText,
    extractedHtml: composed.extractedHtml,
    inReplyTo: placement.inReplyTo,
    references: placement.references,
    headers: outgoing.headers,
    size: composed.raw.byteLength,
    raw: composed.raw,
    rawSha256: composed.sha256,
    attachments: outgoing.attachments.map((attachment, index) => ({
      id: newId(),
      filename: attachment.filename,
      contentType: attachment.contentType,
      contentDisposition: attachment.disposition,
      contentId: attachment.contentId,
      sha256: hashOf(composed, index),
      content: attachment.content,
    })),
    createdAt: now,
    updatedAt: now,
  };
}

function hashOf({ attachmentSha256 }: ComposedMail, index: number): Buffer {
  const hash = attachmentSha256[index];
  if (hash === undefined) throw new Error("an attachment was not hashed");
  return hash;
}

/** Joins the thread it was placed in, or starts one. @throws Failure message.not_found when that was deleted meanwhile */
async function place(
  { tx, scope, now }: InboxContext,
  message: NewMessage,
  placement: Placement,
): Promise<void> {
  const member = { ...message, recipients: [...message.to, ...message.cc, ...message.bcc] };
  if (placement.threadId === null)
    return saveThreads(tx, scope, [startThread(message.threadId, member, now)]);
  const [thread] = await lockThreads(tx, scope, [{ podId: message.podId, id: placement.threadId }]);
  // What it answers went with it; and of two that started it anew at once, one would not be counted.
  if (thread === undefined) throw noMessage();
  return saveThreads(tx, scope, [joinThread(thread, member, now)]);
}
