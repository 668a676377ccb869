/** Mails attached to a mail (message/rfc822, RFC 2046 section 5.2.1, and message/global, RFC 6532). */
import type { CharsetGuess } from "../charset/index.ts";
import { decodeWords } from "./encoded-word.ts";
import { fieldValue, firstEmptyLine, oneLine, readFields } from "./header.ts";

/** Octets of its header that are looked through for the subject: relays' fields stand before it. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Characters of a subject in a file name, so that its `.eml` is kept. */
const MAX_SUBJECT = 200;

export const isAttachedMail = (type: string): boolean =>
  type === "message/rfc822" || type === "message/global";

/** The name that mail programs save it under, as most that attach one give none: its subject. */
export function attachedMailName(content: Buffer, guess: CharsetGuess): string {
  const start = content.subarray(0, MAX_HEADER_BYTES);
  const fields = readFields(start.subarray(0, firstEmptyLine(start) ?? undefined), guess);
  const subject = oneLine(decodeWords(fieldValue(fields, "subject"), guess))
    .slice(0, MAX_SUBJECT)
    .trim();
  return `${subject === "" ? "message" : subject}.eml`;
}
