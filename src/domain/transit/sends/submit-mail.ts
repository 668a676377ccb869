import { asBuffer } from "../../../lib/as-buffer.ts";
import { canonicalAddress } from "../../../protocols/address/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { checkAttachments } from "../../guardrails/policies/index.ts";
import { LARGE_MAIL_BYTES, MAX_REFERENCES } from "../../limits.ts";
import type { NewMessage } from "../../mail/messages/index.ts";
import { type Place, placeOf } from "../arrivals/index.ts";
import { type AdmittedSend, admitSend } from "./admit.ts";
import { withIdempotencyKey } from "./idempotency.ts";
import { displayAll } from "./outgoing.ts";
import { requireOwnAddresses } from "./own-address.ts";
import type { SubmittedMail } from "./read-submission.ts";
import { type Sent, storeSent } from "./store-sent.ts";
import { submitFailures } from "./submit.ts";

/** Sends a mail that the caller wrote himself, byte for byte. Accepted when it returns: stored and queued for delivery. */
export const submitMail = operation({
  name: "message.submit",
  needs: ["message_send"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found", ...submitFailures],
  shares: ({ recipients, raw }: SubmittedMail) => ({ rows: recipients.length, bytes: raw.byteLength }),
  check(input: SubmittedMail, { installation: { maxMessageBytes } }): SubmittedMail {
    // With the Received field in front, which the client is not to pay for.
    if (input.raw.byteLength <= maxMessageBytes + MAX_TRACE_BYTES) return input;
    throw fail("input.too_large", { message: "Message rejected: it is larger than this server takes" });
  },
  run: (context, mail) => withIdempotencyKey(context, mail.request, () => submit(context, mail)),
});

/** Octets of the fields that are added. */
const MAX_TRACE_BYTES = 4096;

async function submit(context: InboxContext, submitted: SubmittedMail): Promise<Sent> {
  const { tx, scope, inbox } = context;
  const { mail, messageId, reversePath, recipients, from, sender } = submitted;
  await requireOwnAddresses(context, [
    ["The reverse-path", reversePath],
    ["From", from],
    ...(sender === null ? [] : [["Sender", sender] as const]),
  ]);
  const admitted = await admitSend(context, canonicalAddress(from), recipients, {
    isReply: mail.inReplyTo !== null,
  });
  checkAttachments(admitted.limits, mail.attachments);
  // Sent again for others of its recipients, it finds the first under its id.
  context.sharing.claim(`message ${inbox.id} ${messageId}`);
  const words = { sentMessageId: messageId, contentSha256: mail.contentSha256, ancestors: mail.ancestors };
  const place = await placeOf(tx, scope, inbox, words);
  const message = await signed(context, admitted, submittedMessage(context, submitted, admitted, place));
  return storeSent(context, admitted, message, { startsThread: place.threadId === null });
}

/**
 * What is stored is what is sent: signatures stand in front of the client's bytes, as of a mail that is written here. A large one
 * takes a thread for as long as its octets are hashed, and is signed with no transaction open.
 */
async function signed(
  { now, outside, mimeCodec }: InboxContext,
  { signers }: AdmittedSend,
  message: NewMessage,
): Promise<NewMessage> {
  if (signers.length === 0) return message;
  const given = asBuffer(message.raw);
  const { raw, sha256 } =
    given.byteLength > LARGE_MAIL_BYTES
      ? outside({ kind: "sign", raw: given, signers, at: now })
      : await mimeCodec.sign(given, signers, now);
  return { ...message, raw, size: raw.byteLength, rawSha256: sha256 };
}

/** One whose Message-ID another message of the inbox has as its id gets an id of its own; the header stays as it is. */
function submittedMessage(
  { inbox, now, newId }: InboxContext,
  { mail, messageId, raw, recipients }: SubmittedMail,
  { ruled }: AdmittedSend,
  { threadId, isTaken }: Place,
): NewMessage {
  const id = newId();
  const { subject, preview, text, html, extractedText, extractedHtml, inReplyTo, headers } = mail;
  const named = new Set([...mail.to, ...mail.cc].map(({ address }) => canonicalAddress(address)));
  return {
    ...{ id, subject, preview, text, html, extractedText, extractedHtml, inReplyTo, headers, raw },
    organizationId: inbox.organizationId,
    podId: inbox.podId,
    inboxId: inbox.id,
    threadId: threadId ?? newId(),
    messageId: isTaken ? `<${id}@${inbox.address.slice(inbox.address.indexOf("@") + 1)}>` : messageId,
    sentMessageId: messageId,
    direction: "outbound",
    authentication: null,
    automatic: null,
    labels: ruled.labelled(["sent"]),
    timestamp: now,
    from: mail.fromText,
    replyTo: displayAll(mail.replyTo),
    to: displayAll(mail.to),
    cc: displayAll(mail.cc),
    bcc: recipients.filter((recipient) => !named.has(canonicalAddress(recipient))),
    references: mail.references.slice(-MAX_REFERENCES),
    size: raw.byteLength,
    rawSha256: mail.storedSha256,
    contentSha256: mail.contentSha256,
    conversationId: mail.threadIndex?.conversationId ?? null,
    attachments: mail.attachments.map(({ disposition, ...attachment }) => ({
      ...attachment,
      id: newId(),
      contentDisposition: disposition,
    })),
    createdAt: now,
    updatedAt: now,
  };
}
