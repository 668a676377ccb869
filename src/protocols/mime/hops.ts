/** Hop count of a mail. */

/** Bytes scanned; a long chain of relays makes 100 KB of header. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** Number of Received fields in the header, of which every relay adds one (RFC 5321 section 6.3). */
export function countHops(raw: Uint8Array): number {
  const start = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, MAX_HEADER_BYTES));
  const text = start.toString("latin1");
  // Not the m flag: a line ends at LF alone here, not at a bare CR.
  const end = text.search(/(?:^|\n)\r?\n/);
  return text.slice(0, end === -1 ? undefined : end).match(/(?:^|\n)received[ \t]*:/gi)?.length ?? 0;
}
