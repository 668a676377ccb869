/** What a message needs of the server that takes it, and whether it may be sent at all. */
import { isAscii } from "node:buffer";
import { domainToASCII } from "node:url";

export interface WireNeeds {
  /** It has octets above 127: 8BITMIME (RFC 6152), without which it would have to be converted, and signatures would break. */
  readonly eightBit: boolean;
  /** Its header or an address of its envelope is not ASCII: SMTPUTF8 (RFC 6531). */
  readonly utf8: boolean;
}

/** An address with its domain in A-labels, which every server knows: what is left beyond ASCII needs SMTPUTF8. */
export function wireAddress(address: string): string {
  const split = address.lastIndexOf("@") + 1;
  return `${address.slice(0, split)}${domainToASCII(address.slice(split)) || address.slice(split)}`;
}

/** Octets of a line without its CR LF (RFC 5322 section 2.1.1, RFC 5321 section 4.5.3.1.6). */
export const MAX_LINE_OCTETS = 998;

const [CR, LF] = [13, 10];

/** @param addresses of the envelope */
export function needsOf(raw: Buffer, addresses: readonly string[]): WireNeeds {
  const eightBit = !isAscii(raw);
  const headerEnd = raw.indexOf("\r\n\r\n");
  const header = headerEnd === -1 ? raw : raw.subarray(0, headerEnd);
  const utf8 = (eightBit && !isAscii(header)) || addresses.some((address) => /[^\0-\x7f]/.test(address));
  return { eightBit, utf8 };
}

/** @returns the octet of the first LF without CR before it, among those from `from` on and before `to`; null: each has one */
export function bareLineFeedIn(raw: Buffer, from = 0, to = raw.length): number | null {
  for (let at = raw.indexOf(LF, from); at !== -1 && at < to; at = raw.indexOf(LF, at + 1))
    if (at === 0 || raw[at - 1] !== CR) return at;
  return null;
}

/**
 * A bare CR or LF ends a line for some servers and not for others, so that one reads two messages where another reads one; a line
 * that is too long is cut by some, and at NUL a text ends for some (RFC 2045 section 2.8 has none), which breaks signatures.
 * @returns why it may not be sent; null: it may
 */
export function flawOf(raw: Buffer): string | null {
  let start = 0;
  for (let end = raw.indexOf(LF); end !== -1; end = raw.indexOf(LF, start)) {
    if (end === 0 || raw[end - 1] !== CR) return `a line ends with LF alone, at octet ${end}`;
    if (end - 1 - start > MAX_LINE_OCTETS) return tooLong(end - 1 - start);
    start = end + 1;
  }
  if (raw.length - start > MAX_LINE_OCTETS) return tooLong(raw.length - start);
  for (let at = raw.indexOf(CR); at !== -1; at = raw.indexOf(CR, at + 1))
    if (raw[at + 1] !== LF) return `CR stands without LF, at octet ${at}`;
  const nul = raw.indexOf(0);
  return nul === -1 ? null : `it has a NUL, at octet ${nul}`;
}

const tooLong = (octets: number): string =>
  `a line has ${octets} octets, of ${MAX_LINE_OCTETS} that are allowed`;
