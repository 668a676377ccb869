/** Outlook's Thread-Index ([MS-OXOMSG] 2.2.1.3): which conversation a mail belongs to, in programs that write no References. */

export interface ThreadIndex {
  /** The conversation's GUID, its bytes in their order, in the text form of a UUID: all its mails have it in common. */
  readonly conversationId: string;
  /** False for the mail that began it. */
  readonly isReply: boolean;
}

/** Bytes of a version, a time and a GUID; each answer adds five. */
const ROOT_BYTES = 22;
const REPLY_BYTES = 5;
const GUID_START = 6;
/** Characters of the field that are read: answers of answers make it long. */
const MAX_LENGTH = 8192;
/**
 * Different bytes in a GUID. A random one has fewer in one of 10,000,000 cases; one that a program made of zeros or of a counter
 * names no conversation, and a stranger could guess it.
 */
const MIN_DIFFERENT_BYTES = 8;

/** @param text the field's value @returns null when it is none */
export function parseThreadIndex(text: string): ThreadIndex | null {
  const written = text.slice(0, MAX_LENGTH).replaceAll(/\s/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(written)) return null;
  const bytes = Buffer.from(written, "base64");
  const isWhole = bytes.length >= ROOT_BYTES && (bytes.length - ROOT_BYTES) % REPLY_BYTES === 0;
  const guid = bytes.subarray(GUID_START, ROOT_BYTES);
  if (!isWhole || bytes[0] !== 1 || new Set(guid).size < MIN_DIFFERENT_BYTES) return null;
  return {
    conversationId: guid.toString("hex").replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    isReply: bytes.length > ROOT_BYTES,
  };
}
