/** The one way mail leaves an inbox: compose, store under the promised Message-ID, thread, event, deliveries and job. */
import { formatAddress } from "../../../protocols/address/index.ts";
import { type ComposedMail, type MailToCompose, previewOf } from "../../../protocols/mime/index.ts";
import type { InboxTarget } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import type { PromisedMail } from "../../door/outside.ts";
import { requireUnpaused } from "../../door/paused.ts";
import { checkRecipients } from "../../guardrails/lists/index.ts";
import {
  checkAttachments,
  checkRecipientCount,
  checkSize,
  countSend,
} from "../../guardrails/policies/index.ts";
import { LARGE_MAIL_BYTES } from "../../limits.ts";
import { insertMessages, type NewMessage, noMessage } from "../../mail/messages/index.ts";
import { joinThread, lockThreads, saveThreads, startThread } from "../../mail/thread-state/index.ts";
import { insertOutboundDeliveries } from "../copies/index.ts";
import { type CheckedOutgoing, displayAll, type WholeOutgoing } from "./outgoing.ts";
import { withRemoteFiles } from "./remote-attachments.ts";
import { holdAgainstRules, type RuledSend } from "./rules.ts";
import { noticesOf, waysOf } from "./ways.ts";

/** What every send may fail with. */
export const submitFailures = [
  "sending.paused",
  "message.rejected",
  "rule.blocked",
  "guardrails.unavailable",
  "idempotency.conflict",
  "attachment.refused",
  "message.too_large",
  "limit.reached",
  "storage.reached",
] as const;

/** What send, reply and forward give. */
export interface Sent {
  readonly messageId: string;
  readonly threadId: string;
}

/** The thread of an outgoing message and its reference headers; null and empty for a new thread. */
export interface ThreadRef {
  readonly threadId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}

export const newThread: ThreadRef = { threadId: null, inReplyTo: null, references: [] };

/**
 * The last step of a send, after all checks: files given by URL are fetched here.
 * @throws Failure sending.paused; message.rejected when a send list refuses a recipient or a URL gives no file; rule.blocked and
 * guardrails.unavailable; and what the limits of the inbox refuse: input.invalid, attachment.refused, message.too_large, limit.reached,
 * storage.reached
 */
export async function submit(
  context: InboxContext,
  checked: CheckedOutgoing,
  threadRef: ThreadRef,
): Promise<Sent> {
  const { tx, scope, inbox, now, newId } = context;
  requireUnpaused(inbox);
  const recipients = [...checked.to, ...checked.cc, ...checked.bcc].map(({ address }) => address);
  const limits = await context.limitsInForce.of(tx, scope, inbox);
  checkRecipientCount(limits, recipients);
  await checkRecipients(context, recipients);
  const ways = await waysOf(context, recipients);
  const ruled = await holdAgainstRules(context, recipients, threadRef);
  const outgoing = withRemoteFiles(context, checked);
  checkAttachments(limits, outgoing.attachments);
  const { mail, written } = await compose(context, outgoing, threadRef);
  const { messageId } = mail;
  const id = messageId.slice(1, messageId.indexOf("@"));
  checkSize(limits, written.raw.byteLength);
  const threadId = threadRef.threadId ?? newId();
  const message = sentMessage(
    { outgoing, threadRef, inbox, now, newId, ruled },
    { id, threadId, mail, written },
  );
  await assignThread(context, message, threadRef);
  await Promise.all([
    insertMessages(tx, scope, [[message]], now),
    insertOutboundDeliveries(tx, scope, message, ways, newId, now),
    // Last: it refuses what would exceed a limit, and holds the inbox's counts until the commit.
    countSend(context, limits, { id, bytes: message.size, recipients }),
  ]);
  ruled.leaveTrail(id);
  context.target(messageId);
  context.emit({
    type: "message.sent",
    podId: inbox.podId,
    inboxId: inbox.id,
    messageUuid: id,
    data: { recipients },
  });
  tx.beforeCommit(...noticesOf(ways).map((kind) => tx.notify(DUE_CHANNEL, dueNotice(kind, inbox.podId))));
  return { messageId, threadId };
}

/**
 * Writes the mail under the Message-ID it is promised. A large one takes a thread for up to seconds, and is written with no
 * transaction open.
 */
async function compose(
  context: InboxContext,
  outgoing: WholeOutgoing,
  threadRef: ThreadRef,
): Promise<PromisedMail> {
  const { inbox } = context;
  const mail: MailToCompose = {
    messageId: `<${context.newId()}@${inbox.address.slice(inbox.address.indexOf("@") + 1)}>`,
    from: { name: inbox.displayName, address: inbox.address },
    date: context.now,
    to: [...outgoing.to],
    cc: [...outgoing.cc],
    replyTo: [...outgoing.replyTo],
    subject: outgoing.subject,
    text: outgoing.text,
    html: outgoing.html,
    inReplyTo: threadRef.inReplyTo,
    references: [...threadRef.references],
    headers: outgoing.headers,
    attachments: [...outgoing.attachments],
  };
  if (contentBytes(outgoing) > LARGE_MAIL_BYTES) return context.outside({ kind: "compose", mail });
  return { mail, written: await context.mimeCodec.compose(mail) };
}

/** About: characters of texts count as one byte each. */
function contentBytes({ text, html, attachments }: WholeOutgoing): number {
  const files = attachments.reduce((sum, { content }) => sum + content.byteLength, 0);
  return files + (text?.length ?? 0) + (html?.length ?? 0);
}

interface Making {
  readonly outgoing: WholeOutgoing;
  readonly threadRef: ThreadRef;
  readonly inbox: InboxTarget;
  readonly now: Date;
  readonly newId: () => string;
  readonly ruled: RuledSend;
}

function sentMessage(
  { outgoing, threadRef, inbox, now, newId, ruled }: Making,
  made: PromisedMail & { readonly id: string; readonly threadId: string },
): NewMessage {
  const { mail, written } = made;
  return {
    id: made.id,
    organizationId: inbox.organizationId,
    podId: inbox.podId,
    inboxId: inbox.id,
    threadId: made.threadId,
    messageId: mail.messageId,
    sentMessageId: mail.messageId,
    direction: "outbound",
    labels: ruled.labelled(["sent", ...outgoing.labels]),
    timestamp: mail.date,
    from: formatAddress(mail.from),
    replyTo: displayAll(outgoing.replyTo),
    to: displayAll(outgoing.to),
    cc: displayAll(outgoing.cc),
    bcc: displayAll(outgoing.bcc),
    subject: outgoing.subject,
    preview: previewOf(outgoing.text),
    text: outgoing.text,
    html: outgoing.html,
    extractedText: written.extractedText,
    extractedHtml: written.extractedHtml,
    inReplyTo: threadRef.inReplyTo,
    references: threadRef.references,
    headers: outgoing.headers,
    authentication: null,
    size: written.raw.byteLength,
    raw: written.raw,
    rawSha256: written.sha256,
    contentSha256: written.contentSha256,
    conversationId: null,
    attachments: outgoing.attachments.map((attachment, index) => ({
      id: newId(),
      filename: attachment.filename,
      contentType: attachment.contentType,
      contentDisposition: attachment.disposition,
      contentId: attachment.contentId,
      sha256: hashOf(written, index),
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

/** Adds the message to its thread, or starts one. @throws Failure object.not_found when that was deleted meanwhile */
async function assignThread(
  { tx, scope, now }: InboxContext,
  message: NewMessage,
  threadRef: ThreadRef,
): Promise<void> {
  const member = { ...message, recipients: [...message.to, ...message.cc, ...message.bcc] };
  if (threadRef.threadId === null)
    return saveThreads(tx, scope, [startThread(message.threadId, member, now)]);
  const [thread] = await lockThreads(tx, scope, [{ podId: message.podId, id: threadRef.threadId }]);
  // What it answers went with it; and of two that started it anew at once, one would not be counted.
  if (thread === undefined) throw noMessage();
  return saveThreads(tx, scope, [joinThread(thread, member, now)]);
}
