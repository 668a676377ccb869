/** Composes RFC 5322 bytes. The Message-ID given is the Message-ID written; a Bcc header is never written. */
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import { encodeWord } from "nodemailer/lib/mime-funcs/index.js";
import { detectMimeType } from "nodemailer/lib/mime-funcs/mime-types.js";
import type { MailAddress } from "../address/index.ts";
import { type DkimSigner, dkimSigned } from "../dkim/index.ts";
import { flawOf, MAX_LINE_OCTETS } from "../smtp/wire-form.ts";
import { fileName } from "./file-name.ts";
import { oneLine } from "./header.ts";
import { octetsOf } from "./mime-tree.ts";

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
  /** Who signs it (DKIM), each with a field of its own; none: it stays unsigned. */
  readonly signers?: readonly DkimSigner[];
}

/** Header fields a caller may not set, lower-case: those the composer writes, and those only a mail server may add. */
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

/** Header injection: a line end would start another field. Validation has refused them already; this is defence in depth. */
const mailbox = ({ name, address }: MailAddress) => ({
  name: oneLine(name ?? ""),
  address: oneLine(address),
});

/** Characters of a word from which on a line it stands in could be longer than RFC 5322 section 2.1.1 allows. */
const MAX_WORD = 900;
/** Characters of one encoded word (RFC 2047 section 2 allows 75). */
const ENCODED_WORD = 72;

/** Text without a folding point is written as encoded words. */
function foldable(text: string): string {
  return text.split(" ").some((word) => word.length > MAX_WORD) ? encodeWord(text, "B", ENCODED_WORD) : text;
}

/**
 * ASCII is written unchanged: its structure is the caller's, and encoded words would break the quotes of a List-Id.
 * @throws Error for an invalid field name
 */
function ownHeader([name, value]: readonly [string, string]) {
  if (!/^[!-9;-~]+$/.test(name)) throw new Error("a header's name is visible ASCII without a colon");
  const line = oneLine(value);
  const isAscii = /^[\t -~]*$/.test(line);
  return [name, isAscii ? { prepared: true, foldLines: true, value: line } : line] as const;
}

/** Some servers end a line at a bare CR, so what holds one may not be sent. */
const withLineEnds = (text: string): string => text.replaceAll(/\r(?!\n)/g, "\n");

/** Ids that a folded line has room for, in brackets: one that somebody wrote longer would make a reply that may not be sent. */
const writable = (ids: readonly string[]): string[] =>
  ids.map(oneLine).filter((id) => Buffer.byteLength(id) <= MAX_LINE_OCTETS - "<> ".length);

/** A mail inside a mail may not be encoded (RFC 2046 section 5.2.1): one that may not be sent as it is goes as a file of no known type. */
function mediaTypeOf({ contentType, filename, content }: ComposeAttachment): string | null {
  const type = contentType === null ? null : oneLine(contentType);
  if (!/^message\//i.test(type ?? detectMimeType(filename ?? ""))) return type;
  const asWritten = content.toString("latin1").replaceAll(/\r?\n/g, "\r\n");
  return flawOf(Buffer.from(asWritten, "latin1")) === null ? type : "application/octet-stream";
}

function fileOf(attachment: ComposeAttachment) {
  const { filename, disposition, contentId, content } = attachment;
  const contentType = mediaTypeOf(attachment);
  const [cid] = writable(contentId === null ? [] : [contentId]);
  return {
    filename: fileName(filename ?? "") ?? (false as const),
    contentDisposition: disposition,
    content,
    ...(contentType !== null && { contentType }),
    ...(cid !== undefined && { cid }),
  };
}

/** @throws Error for an invalid name of a caller's header field */
export async function composeMail(mail: MailToCompose): Promise<Buffer> {
  return dkimSigned(compose(mail), mail.signers ?? [], mail.date);
}

function compose(mail: MailToCompose): Buffer {
  const [inReplyTo] = writable(mail.inReplyTo === null ? [] : [mail.inReplyTo]);
  const composer = new MailComposer({
    messageId: oneLine(mail.messageId),
    date: mail.date,
    from: mailbox(mail.from),
    to: mail.to.map(mailbox),
    cc: mail.cc.map(mailbox),
    replyTo: mail.replyTo.map(mailbox),
    subject: foldable(oneLine(mail.subject ?? "")),
    ...(mail.text !== null && { text: withLineEnds(mail.text) }),
    ...(mail.html !== null && { html: withLineEnds(mail.html) }),
    ...(inReplyTo !== undefined && { inReplyTo }),
    references: writable(mail.references),
    headers: Object.fromEntries(Object.entries(mail.headers).map(ownHeader)),
    attachments: mail.attachments.map(fileOf),
    // Attachments are in memory: the composer may neither fetch URLs nor read files.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const built = composer.compile();
  built.keepBcc = false;
  return octetsOf(built);
}
