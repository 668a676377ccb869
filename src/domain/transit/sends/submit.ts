/** The one way mail leaves an inbox: compose, store under the promised Message-ID, thread, event, deliveries and job. */
import { isDeepStrictEqual } from "node:util";
import { formatAddress, type MailAddress } from "../../../protocols/address/index.ts";
import type { DkimSigner } from "../../../protocols/dkim/index.ts";
import {
  type ComposedMail,
  extractsLong,
  type MailToCompose,
  previewOf,
} from "../../../protocols/mime/index.ts";
import type { InboxTarget } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { type Failure, fail } from "../../door/failures.ts";
import type { PromisedMail } from "../../door/outside.ts";
import { checkAttachments } from "../../guardrails/policies/index.ts";
import { LARGE_MAIL_BYTES } from "../../limits.ts";
import type { NewMessage } from "../../mail/messages/index.ts";
import { admitSend } from "./admit.ts";
import { disclosed } from "./disclosure.ts";
import { type CheckedOutgoing, displayAll, type WholeOutgoing } from "./outgoing.ts";
import { withRemoteFiles } from "./remote-attachments.ts";
import type { RuledSend } from "./rules.ts";
import { fromOf } from "./sender.ts";
import { type Sent, storeSent } from "./store-sent.ts";
import { headersOf } from "./unsubscribe-link.ts";

/** What every send may fail with. */
export const submitFailures = [
  "sending.paused",
  "message.rejected",
  "domain.not_verified",
  "rule.blocked",
  "guardrails.unavailable",
  "idempotency.conflict",
  "attachment.refused",
  "message.too_large",
  "limit.reached",
  "storage.reached",
] as const;

/** The thread of an outgoing message and its reference headers; null and empty for a new thread. */
export interface ThreadRef {
  readonly threadId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}

export const newThread: ThreadRef = { threadId: null, inReplyTo: null, references: [] };

/**
 * The last step of a send, after all checks: files given by URL are fetched here.
 * @throws Failure as admitSend, and message.rejected when a URL gives no file; and what the limits of the inbox refuse:
 * attachment.refused, message.too_large, limit.reached, storage.reached
 */
export async function submit(
  context: InboxContext,
  checked: CheckedOutgoing,
  threadRef: ThreadRef,
): Promise<Sent> {
  const recipients = [...checked.to, ...checked.cc, ...checked.bcc].map(({ address }) => address);
  const from = await fromOf(context, checked.from);
  const admitted = await admitSend(context, from.address, recipients, {
    isReply: threadRef.inReplyTo !== null,
  });
  const whole = withRemoteFiles(context, checked);
  const { disclosure } = admitted.limits;
  const outgoing = disclosure === undefined ? whole : disclosed(whole, disclosure);
  checkAttachments(admitted.limits, outgoing.attachments);
  const { mail, written } = await compose(context, {
    ...{ from, outgoing, threadRef },
    signers: admitted.signers,
  });
  const { inbox, now, newId } = context;
  const id = mail.messageId.slice(1, mail.messageId.indexOf("@"));
  const threadId = threadRef.threadId ?? newId();
  const message = sentMessage(
    { outgoing, threadRef, inbox, now, newId, ruled: admitted.ruled },
    { id, threadId, mail, written },
  );
  return storeSent(context, admitted, message, { startsThread: threadRef.threadId === null });
}

interface Composing {
  readonly from: MailAddress;
  readonly outgoing: WholeOutgoing;
  readonly threadRef: ThreadRef;
  readonly signers: readonly DkimSigner[];
}

/**
 * Writes the mail under the Message-ID it is promised, and signs it: what is stored is what is sent. A large one takes a thread for up to seconds, and is written with no
 * transaction open.
 */
async function compose(
  context: InboxContext,
  { from, outgoing, threadRef, signers }: Composing,
): Promise<PromisedMail> {
  const mail: MailToCompose = {
    messageId: `<${context.newId()}@${from.address.slice(from.address.indexOf("@") + 1)}>`,
    from,
    date: context.now,
    to: [...outgoing.to],
    cc: [...outgoing.cc],
    replyTo: [...outgoing.replyTo],
    subject: outgoing.subject,
    text: outgoing.text,
    html: outgoing.html,
    inReplyTo: threadRef.inReplyTo,
    references: [...threadRef.references],
    headers: headersOf(context, outgoing),
    attachments: [...outgoing.attachments],
    signers,
  };
  if (contentBytes(outgoing) > LARGE_MAIL_BYTES || extractsLong(outgoing)) {
    const promised = context.outside({ kind: "compose", mail });
    if (!saysTheSame(promised.mail, mail)) throw changedMeanwhile();
    return promised;
  }
  return { mail, written: await context.mimeCodec.compose(mail) };
}

/** Whether what was written is what is to be stored: a draft may have been changed while no transaction was open. */
const saysTheSame = (one: MailToCompose, other: MailToCompose): boolean =>
  isDeepStrictEqual(contentOf(one), contentOf(other));

const contentOf = ({ to, cc, replyTo, subject, text, html, attachments }: MailToCompose) => [
  ...[to, cc, replyTo, subject, text, html, attachments],
];

const changedMeanwhile = (): Failure =>
  fail("object.conflict", {
    message: "The message was changed while it was being sent",
    hint: "Send it again.",
  });

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
    headers: mail.headers,
    authentication: null,
    automatic: null,
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
