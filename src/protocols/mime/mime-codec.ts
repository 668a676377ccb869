/** The CPU-bound work on a mail's bytes, parsing and composing: values in, values out, so that a worker thread can do it. */
import { createHash } from "node:crypto";
import { type DkimSigner, dkimSigned } from "../dkim/index.ts";
import { composeMail, type MailToCompose } from "./compose.ts";
import { contentHash } from "./content-hash.ts";
import { type ParsedAttachment, type ParsedMail, parseMail } from "./parse.ts";
import { previewOf } from "./preview.ts";
import { extractReply } from "./reply-extraction.ts";

interface Extracts {
  readonly extractedText: string | null;
  readonly extractedHtml: string | null;
}

/** A parsed inbound mail. */
export interface ReadMail extends Omit<ParsedMail, "attachments" | "authorsFields">, Extracts {
  readonly preview: string | null;
  /** The same for the same mail, whatever its trace fields (`contentHash`). */
  readonly contentSha256: Buffer;
  /** Hash of the trace fields and the bytes. */
  readonly storedSha256: Buffer;
  readonly attachments: readonly (ParsedAttachment & { readonly sha256: Buffer })[];
}

/** A composed outbound mail. */
export interface ComposedMail extends Extracts {
  readonly raw: Buffer;
  readonly sha256: Buffer;
  /** As reading it gives. */
  readonly contentSha256: Buffer;
  /** Hashes of the attachments, in their order. */
  readonly attachmentSha256: readonly Buffer[];
}

/** A mail with the signatures of its domain in front. */
export interface SignedMail {
  readonly raw: Buffer;
  readonly sha256: Buffer;
}

export interface MimeCodec {
  /** Never rejects: any bytes give a message. @param trace trace fields to be stored in front of them */
  read(raw: Uint8Array, trace: string): Promise<ReadMail>;
  /** @throws Error for an invalid name of a caller's header field, and when no thread could do it */
  compose(mail: MailToCompose): Promise<ComposedMail>;
  /** Signs a mail as it is, byte for byte. As dkimSigned of protocols/dkim; @throws Error also when no thread could do it */
  sign(raw: Buffer, signers: readonly DkimSigner[], at: Date): Promise<SignedMail>;
}

/** Runs synchronously on the calling thread. */
export const inProcessCodec: MimeCodec = {
  read: async (raw, trace) => readAs(parseMail(raw), raw, trace),
  async compose(mail) {
    const raw = await composeMail(mail);
    const files = mail.attachments.map(({ content }) => ({ content, sha256: digest(content) }));
    return {
      raw,
      sha256: digest(raw),
      contentSha256: hashed(parseMail(raw), raw, files).contentSha256,
      attachmentSha256: files.map(({ sha256 }) => sha256),
      ...extractsOf(mail),
    };
  },
  async sign(raw, signers, at) {
    const signed = await dkimSigned(raw, signers, at);
    return { raw: signed, sha256: digest(signed) };
  },
};

/** Bytes parsed of a mail that could not be parsed as a whole: enough for its header and the start of its text. */
const START_BYTES = 64 * 1024;

const ONLY_START = "only its start is read";

/** False for a mail of which `readStart` gave no more than that. */
export const isReadWhole = ({ problems }: Pick<ReadMail, "problems">): boolean =>
  !problems.includes(ONLY_START);

/** Parses the start of a mail only: the rest is in the raw message. */
export function readStart(raw: Uint8Array, trace: string): ReadMail {
  const start = parseMail(raw.subarray(0, START_BYTES));
  const problems = [...start.problems, ONLY_START];
  const mail = readAs({ ...start, problems }, raw, trace);
  // A truncated attachment would look like a complete one.
  return { ...mail, attachments: [] };
}

/** What reading gives of a mail that is parsed. */
export function readAs({ authorsFields, ...parsed }: ParsedMail, raw: Uint8Array, trace: string): ReadMail {
  return {
    ...parsed,
    ...hashed({ authorsFields, ...parsed }, raw),
    ...extractsOf(parsed),
    preview: previewOf(parsed.text),
    storedSha256: createHash("sha256").update(trace).update(raw).digest(),
  };
}

/**
 * Its attachments with the hash of each, and its content's.
 * @param files hashed before: an attachment with the bytes of the one at its place is not hashed again
 */
function hashed(
  parsed: ParsedMail,
  raw: Uint8Array,
  files: readonly { readonly content: Buffer; readonly sha256: Buffer }[] = [],
): Pick<ReadMail, "attachments" | "contentSha256"> {
  const attachments = parsed.attachments.map((attachment, index) => {
    const file = files[index];
    const isSame = file?.content.equals(attachment.content) === true;
    return { ...attachment, sha256: isSame ? file.sha256 : digest(attachment.content) };
  });
  return { attachments, contentSha256: contentHash(parsed.authorsFields, { ...parsed, attachments }, raw) };
}

function extractsOf({ text, html, subject, inReplyTo, references }: Answering): Extracts {
  const isAnswer = inReplyTo !== null || references.length > 0;
  const extracted = extractReply(text, html, { subject, isAnswer });
  return { extractedText: extracted.text, extractedHtml: extracted.html };
}

type Answering = Pick<ParsedMail, "text" | "html" | "subject" | "inReplyTo" | "references">;

const digest = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
