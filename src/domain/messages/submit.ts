/** The one way mail leaves an inbox: compose, store under the promised Message-ID, thread, event, deliveries and job. */
import { sha256 } from "../../lib/hash.ts";
import { formatAddress, type MailAddress } from "../../protocols/address/index.ts";
import { composeMail, extractReply, previewOf } from "../../protocols/mime/index.ts";
import type { InboxTarget } from "../access/index.ts";
import { fail } from "../failures.ts";
import type { InboxContext } from "../operation.ts";
import { joinThread, lockThreads, saveThreads, startThread } from "../thread-state/index.ts";
import { insertOutboundDeliveries } from "./outbound-store.ts";
import { type CheckedOutgoing, displayAll, type WholeOutgoing } from "./outgoing.ts";
import { withRemoteFiles } from "./remote-attachments.ts";
import type { Submitted } from "./sending.ts";
import { insertMessages, type NewMessage } from "./store.ts";

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
  const raw = await compose(outgoing, placement, { messageId, from, date: now });
  if (raw.byteLength > context.installation.maxMessageBytes)
    throw fail("message.rejected", {
      say: `Message rejected: ${raw.byteLength} bytes exceed the limit of ${context.installation.maxMessageBytes}`,
      fix: "Send smaller attachments, or several messages.",
    });
  const threadId = placement.threadId ?? newId();
  const message = messageOf(
    { outgoing, placement, inbox, now, newId },
    { id, messageId, threadId, from: formatAddress(from), raw },
  );
  await place(context, message);
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
  outgoing: WholeOutgoing,
  placement: Placement,
  identity: { readonly messageId: string; readonly from: MailAddress; readonly date: Date },
): Promise<Buffer> {
  return composeMail({
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
    readonly raw: Buffer;
  },
): NewMessage {
  const extracted = extractReply(outgoing.text, outgoing.html);
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
    extractedText: extracted.text,
    extractedHtml: extracted.html,
    inReplyTo: placement.inReplyTo,
    references: placement.references,
    headers: outgoing.headers,
    size: made.raw.byteLength,
    raw: made.raw,
    rawSha256: sha256(made.raw),
    attachments: outgoing.attachments.map((attachment) => ({
      id: newId(),
      filename: attachment.filename,
      contentType: attachment.contentType,
      contentDisposition: attachment.disposition,
      contentId: attachment.contentId,
      sha256: sha256(attachment.content),
      content: attachment.content,
    })),
    createdAt: now,
    updatedAt: now,
  };
}

/** Joins the thread it was placed in, or starts one. */
async function place({ tx, scope, now }: InboxContext, message: NewMessage): Promise<void> {
  const [thread] = await lockThreads(tx, scope, [{ podId: message.podId, id: message.threadId }]);
  const member = { ...message, recipients: [...message.to, ...message.cc, ...message.bcc] };
  await saveThreads(tx, scope, [
    thread === undefined ? startThread(message.threadId, member, now) : joinThread(thread, member, now),
  ]);
}
