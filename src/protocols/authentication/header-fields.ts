/** Fields of a raw header by name, byte for byte: signatures are over bytes, so that nothing here is decoded. */
import { firstEmptyLine } from "../mime/index.ts";

/** Bytes of a header that is looked through. No mail server lets a longer one pass (Postfix has 102,400 for it). */
export const MAX_HEADER_BYTES = 256 * 1024;

/** One field with its continuations, and the line end behind it. */
export interface RawField {
  readonly start: number;
  readonly end: number;
  /** One character a byte, with name and line ends. */
  readonly text: string;
}

/** The header, one character a byte; null when it is longer than `maxBytes`. */
export function headerText(raw: Uint8Array, maxBytes = MAX_HEADER_BYTES): string | null {
  const start = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, maxBytes));
  // A line ends at LF alone, not at a bare CR. Looked for in the bytes: most of a mail is its body.
  if (/^\r?\n/.test(start.toString("latin1", 0, 2))) return "";
  const end = firstEmptyLine(start);
  if (end !== null) return start.toString("latin1", 0, end + 1);
  return raw.byteLength > maxBytes ? null : start.toString("latin1");
}

/** @param names a pattern of names in lower case @returns the fields with one of these names, in order */
export function fieldsNamed(header: string, names: string): RawField[] {
  const pattern = new RegExp(`(?<=^|\\n)(?:${names})[ \\t]*:[^\\n]*(?:\\n[ \\t][^\\n]*)*\\n?`, "gi");
  return [...header.matchAll(pattern)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
    text: found[0],
  }));
}

/** What is behind the colon, unfolded. */
export const fieldBody = ({ text }: RawField): string =>
  text.slice(text.indexOf(":") + 1).replaceAll(/\r?\n/g, "");
