/** Composes RFC 5322 bytes. The Message-ID given is the Message-ID written; a Bcc header is never written. */
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import type { MailAddress } from "../address/index.ts";

export interface ComposeAttachment {
  readonly filename: string | null;
  readonly contentType: string | null;
  readonly disposition: "inline" | "attachment";
  /** Without brackets. */
  readonly contentId: string | null;
  readonly content: Buffer;
}

export interface MailToCompose {
  readonly messageId: string;
  readonly date: Date;
  readonly from: MailAddress;
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  readonly subject: string | null;
  readonly text: string | null;
  readonly html: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly ComposeAttachment[];
}

/** Headers a caller may not set, lower-case: ours to write, or a claim that only a server may make. */
export const PROTECTED_HEADERS: ReadonlySet<string> = new Set([
  "from",
  "to",
  "cc",
  "bcc",
  "subject",
  "date",
  "message-id",
  "in-reply-to",
  "references",
  "reply-to",
  "sender",
  "return-path",
  "received",
  "resent-from",
  "resent-sender",
  "resent-to",
  "resent-cc",
  "resent-bcc",
  "resent-date",
  "resent-message-id",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "content-disposition",
  "content-id",
  "dkim-signature",
  "authentication-results",
  "arc-seal",
  "arc-message-signature",
  "arc-authentication-results",
  "delivered-to",
]);

const list = (addresses: readonly MailAddress[]) =>
  addresses.map(({ name, address }) => ({ name: name ?? "", address }));

/** Line ends would start a header of their own. Callers have refused them already; this is the second lock. */
const oneLine = (text: string): string => text.replaceAll(/[\r\n\0]+/g, " ");

export async function composeMail(mail: MailToCompose): Promise<Buffer> {
  const composer = new MailComposer({
    messageId: mail.messageId,
    date: mail.date,
    from: { name: oneLine(mail.from.name ?? ""), address: mail.from.address },
    to: list(mail.to),
    cc: list(mail.cc),
    replyTo: list(mail.replyTo),
    subject: oneLine(mail.subject ?? ""),
    ...(mail.text !== null && { text: mail.text }),
    ...(mail.html !== null && { html: mail.html }),
    ...(mail.inReplyTo !== null && { inReplyTo: mail.inReplyTo }),
    references: [...mail.references],
    headers: Object.fromEntries(
      Object.entries(mail.headers).map(([name, value]) => [oneLine(name), oneLine(value)]),
    ),
    attachments: mail.attachments.map((attachment) => ({
      filename: attachment.filename ?? false,
      contentDisposition: attachment.disposition,
      content: attachment.content,
      ...(attachment.contentType !== null && { contentType: attachment.contentType }),
      ...(attachment.contentId !== null && { cid: attachment.contentId }),
    })),
    // Attachments are bytes we hold: the composer may neither fetch nor read anything by name.
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: "\r\n",
  });
  const built = composer.compile();
  built.keepBcc = false;
  return new Promise((resolve, reject) => {
    built.build((error: Error | null, bytes: Buffer) => (error === null ? resolve(bytes) : reject(error)));
  });
}
