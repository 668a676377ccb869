/** All that is done to a mail's bytes, and takes time with their number: values in, values out, so that a thread can do it. */
import { createHash } from "node:crypto";
import { composeMail, type MailToCompose } from "./compose.ts";
import { type ParsedAttachment, type ParsedMail, parseMail } from "./parse.ts";
import { previewOf } from "./preview.ts";
import { extractReply } from "./reply-extraction.ts";

interface Extracts {
  readonly extractedText: string | null;
  readonly extractedHtml: string | null;
}

/** A mail that came, read. */
export interface OpenedMail extends Omit<ParsedMail, "attachments">, Extracts {
  readonly preview: string | null;
  /** Of the bytes as they came. */
  readonly sha256: Buffer;
  /** Of the trace header and the bytes behind it. */
  readonly storedSha256: Buffer;
  readonly attachments: readonly (ParsedAttachment & { readonly sha256: Buffer })[];
}

/** A mail that goes, written. */
export interface WrittenMail extends Extracts {
  readonly raw: Buffer;
  readonly sha256: Buffer;
  /** Of the attachments, in their order. */
  readonly attachmentSha256: readonly Buffer[];
}

export interface MailWork {
  /** Never rejects: whatever the bytes are, there is a message to read in them. @param trace header to be stored before them */
  open(raw: Uint8Array, trace: string): Promise<OpenedMail>;
  /** @throws Error when a caller's header has a name that is none, and when it cannot be done now */
  write(mail: MailToCompose): Promise<WrittenMail>;
}

/** Done at once, on the thread that asks for it. */
export const directMailWork: MailWork = {
  open: async (raw, trace) => openMail(raw, raw, trace),
  async write(mail) {
    const raw = await composeMail(mail);
    return {
      raw,
      sha256: digest(raw),
      attachmentSha256: mail.attachments.map(({ content }) => digest(content)),
      ...extractsOf(mail),
    };
  },
};

/** Bytes of a mail that cannot be read as a whole, of which its header and the start of its text are read. */
const START_BYTES = 64 * 1024;

/** What there is to read at the start of a mail: the rest is only in the raw message. */
export function openStart(raw: Uint8Array, trace: string): OpenedMail {
  const opened = openMail(raw.subarray(0, START_BYTES), raw, trace);
  // Half a file would look like one.
  return { ...opened, attachments: [], problems: [...opened.problems, "only its start is read"] };
}

function openMail(read: Uint8Array, raw: Uint8Array, trace: string): OpenedMail {
  const parsed = parseMail(read);
  return {
    ...parsed,
    ...extractsOf(parsed),
    preview: previewOf(parsed.text),
    sha256: digest(raw),
    storedSha256: createHash("sha256").update(trace).update(raw).digest(),
    attachments: parsed.attachments.map((attachment) => ({
      ...attachment,
      sha256: digest(attachment.content),
    })),
  };
}

function extractsOf({
  text,
  html,
}: {
  readonly text: string | null;
  readonly html: string | null;
}): Extracts {
  const extracted = extractReply(text, html);
  return { extractedText: extracted.text, extractedHtml: extracted.html };
}

const digest = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
