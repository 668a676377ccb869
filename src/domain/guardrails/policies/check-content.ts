/** What limits say of a message itself, received or sent. Pure. */
import type { Failure } from "../../door/failures.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { tooLarge, tooManyAttachments, tooManyRecipients, wrongAttachmentType } from "./refusals.ts";

export interface AttachedFile {
  /** As its header has it, with parameters; null: it has none. */
  readonly contentType: string | null;
  readonly content: { readonly byteLength: number };
}

/** @throws Failure input.invalid */
export function checkRecipientCount(limits: MailLimits, recipients: readonly string[]): void {
  if (recipients.length > limits.recipientsPerMessage) throw tooManyRecipients(limits.recipientsPerMessage);
}

/** @throws Failure attachment.refused, message.too_large */
export function checkAttachments(limits: MailLimits, attachments: readonly AttachedFile[]): void {
  const failure = refusalOfAttachments(limits, attachments);
  if (failure !== null) throw failure;
}

/** @throws Failure message.too_large */
export function checkSize(limits: MailLimits, bytes: number): void {
  if (bytes > limits.messageBytes) throw tooLarge("messageBytes", limits.messageBytes, bytes);
}

/** What a mail that arrives fails with in an inbox with these limits; null: it may be stored. */
export function refusalOfContent(
  limits: MailLimits,
  mail: { readonly bytes: number; readonly attachments: readonly AttachedFile[] },
): Failure | null {
  if (mail.bytes > limits.messageBytes) return tooLarge("messageBytes", limits.messageBytes, mail.bytes);
  return refusalOfAttachments(limits, mail.attachments);
}

/** Whether two inboxes refuse the same mails for what they are. */
export function haveSameContentLimits(one: MailLimits, other: MailLimits): boolean {
  if (one === other) return true;
  return (
    one.messageBytes === other.messageBytes &&
    one.attachmentBytes === other.attachmentBytes &&
    one.attachmentCount === other.attachmentCount &&
    one.attachmentTypes.join() === other.attachmentTypes.join()
  );
}

function refusalOfAttachments(limits: MailLimits, attachments: readonly AttachedFile[]): Failure | null {
  const { attachmentCount, attachmentBytes, attachmentTypes } = limits;
  if (attachments.length > attachmentCount) return tooManyAttachments(attachmentCount, attachments.length);
  const largest = Math.max(0, ...attachments.map(({ content }) => content.byteLength));
  if (largest > attachmentBytes) return tooLarge("attachmentBytes", attachmentBytes, largest);
  if (attachmentTypes.length === 0) return null;
  const refused = attachments
    .map(({ contentType }) => mediaTypeOf(contentType))
    .find((type) => !isAllowed(attachmentTypes, type));
  return refused === undefined ? null : wrongAttachmentType(refused, attachmentTypes);
}

/** Without a type it is what RFC 2046 section 4.5.1 has for unknown bytes. */
const mediaTypeOf = (contentType: string | null): string =>
  (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() || "application/octet-stream";

const isAllowed = (allowed: readonly string[], type: string): boolean =>
  allowed.some(
    (one) => one === type || one === "*/*" || (one.endsWith("/*") && type.startsWith(one.slice(0, -1))),
  );
