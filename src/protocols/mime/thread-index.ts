/** Outlook's Thread-Index ([MS-OXOMSG] 2.2.1.3): which conversation a mail belongs to, in programs that write no References. */

/** Bytes of a version, a time and a GUID; each answer adds five. */
const ROOT_BYTES = 22;
const REPLY_BYTES = 5;
/** Characters of the field that are read: answers of answers make it long. */
const MAX_LENGTH = 8192;

/**
 * The conversation's GUID, as 32 hex digits, which all its mails have in common. Null when the field is none.
 * @param text the field's value
 */
export function parseThreadIndex(text: string): string | null {
  const written = text.slice(0, MAX_LENGTH).replaceAll(/\s/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(written)) return null;
  const bytes = Buffer.from(written, "base64");
  const isWhole = bytes.length >= ROOT_BYTES && (bytes.length - ROOT_BYTES) % REPLY_BYTES === 0;
  return isWhole && bytes[0] === 1 ? bytes.toString("hex", 6, ROOT_BYTES) : null;
}
