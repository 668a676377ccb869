/** Mail addresses (RFC 5321, 5322, 6531): parsed from text, formatted for headers and lists. */
import { domainToASCII } from "node:url";

/** `address` is local@domain with the domain lower-cased; non-ASCII domains are kept as given. */
export interface MailAddress {
  readonly name: string | null;
  readonly address: string;
}

/** RFC 5321 section 4.5.3.1, octets. */
const MAX_LOCAL_PART = 64;
const MAX_ADDRESS = 254;
/** Octets of a label (RFC 1035 section 2.3.4). */
const MAX_DOMAIN_LABEL = 63;

/** Characters of a display name: longer than any real one, and short enough for one line of a header. */
export const MAX_DISPLAY_NAME = 256;

/** No CR, LF, NUL or other control character but tab, and no half of a surrogate pair: safe as a header value and in JSON. */
export function isHeaderSafe(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return text.isWellFormed() && !/[\u0000-\u0008\u000a-\u001f\u007f\u0085\u2028\u2029]/.test(text);
}

// A dot-atom of RFC 5322 with the characters of RFC 6532; quoted local parts are valid but not used in practice.
const localPart = /^[^\s"(),:;<>@[\]\\.]+(\.[^\s"(),:;<>@[\]\\.]+)*$/;
/** Dots anywhere: carriers gave out addresses with two in a row, or one before the @. */
const receivedLocalPart = /^[^\s"(),:;<>@[\]\\]+$/;
const quotedLocalPart = /^"(?:[^"\\\r\n]|\\[^\r\n])+"$/;
const asciiLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i;
const receivedAsciiLabel = /^[\w-]+$/;

interface Grammar {
  readonly localPart: RegExp;
  readonly asciiLabel: RegExp;
  /** Octets. */
  readonly maxLocalPart: number;
}

/** What people may write. A slip is better refused than bounced. */
const strict: Grammar = { localPart, asciiLabel, maxLocalPart: MAX_LOCAL_PART };
/** Addresses of received mail, which exist although they break the grammar. */
const lenient: Grammar = {
  localPart: receivedLocalPart,
  asciiLabel: receivedAsciiLabel,
  maxLocalPart: MAX_ADDRESS,
};

/** local@domain, or null for an invalid one. */
function parseBare(text: string, grammar: Grammar): string | null {
  const at = text.lastIndexOf("@");
  if (at < 1) return null;
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (Buffer.byteLength(local) > grammar.maxLocalPart || Buffer.byteLength(text) > MAX_ADDRESS) return null;
  if (!grammar.localPart.test(local) && !quotedLocalPart.test(local)) return null;
  return isMailDomain(domain, grammar) ? `${local}@${domain.toLowerCase()}` : null;
}

/** No top-level domain is all digits (RFC 3696 section 2): such text is an IP address and not a name. */
function isMailDomain(domain: string, grammar: Grammar): boolean {
  const labels = domain.split(".");
  return (
    labels.every((label) => isLabel(label, grammar) && Buffer.byteLength(label) <= MAX_DOMAIN_LABEL) &&
    !/^\d+$/.test(labels.at(-1) ?? "") &&
    (/^\p{ASCII}*$/u.test(domain) || domainToASCII(domain) !== "")
  );
}

/** Of other scripts, letters with the marks that belong to them: what else a label may hold is for `domainToASCII` to say. */
const isLabel = (label: string, grammar: Grammar): boolean =>
  grammar.asciiLabel.test(label) ||
  (!/^\p{ASCII}*$/u.test(label) && /^(?:[\p{L}\p{M}\p{N}\p{So}-]|\u200c|\u200d)+$/u.test(label));

/** `Name <a@b>` or `a@b`; null when invalid, too long, or holding a line break or control character. */
export function parseAddress(text: string): MailAddress | null {
  if (!isHeaderSafe(text)) return null;
  const { written, inner } = splitMailbox(text.trim());
  const address = parseBare(inner, strict);
  if (address === null) return null;
  const name = unquote(written).trim();
  if (name.length > MAX_DISPLAY_NAME || (name === written && holdsAddress(name))) return null;
  return { name: name === "" ? null : name, address };
}

/** The same for an address of a received mail, as `formatAddress` shows it: it can be answered, also when callers may not write it. */
export function parseReceivedAddress(text: string): MailAddress | null {
  const { written, inner } = splitMailbox(text.trim());
  const address = isHeaderSafe(inner) ? parseBare(inner, lenient) : null;
  if (address === null) return null;
  const name = unquote(written).trim();
  return {
    name: isHeaderSafe(name) && name !== "" ? name.slice(0, MAX_DISPLAY_NAME).toWellFormed() : null,
    address,
  };
}

/** The name as written, and the content of the angle brackets at the end; without them, no name. */
function splitMailbox(text: string): { readonly written: string; readonly inner: string } {
  if (!text.endsWith(">")) return { written: "", inner: text };
  const quoted = text.indexOf('<"');
  const isQuoted = quoted !== -1 && /^<"(?:[^"\\]|\\.)*"@[^<>"]*>$/.test(text.slice(quoted));
  const open = isQuoted ? quoted : text.lastIndexOf("<");
  if (open === -1) return { written: "", inner: text };
  return { written: text.slice(0, open).trim(), inner: text.slice(open + 1, -1).trim() };
}

/** True for text that looks like a list: parsed as a display name, all its addresses but the last would be lost. */
const holdsAddress = (name: string): boolean => /@[^,;]*[,;]|<[^<>]*@[^<>]*>/.test(name);

function unquote(name: string): string {
  if (name.length < 2 || !name.startsWith('"') || !name.endsWith('"')) return name;
  return name.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}

/** `Name <a@b>`, the name quoted when it has special characters (RFC 5322 section 3.2.3); the bare address without one. */
export function formatAddress({ name, address }: MailAddress): string {
  if (name === null || name === "") return address;
  const shown = /[",:;<>@()[\]\\]/.test(name) ? `"${name.replaceAll(/(["\\])/g, "\\$1")}"` : name;
  return `${shown} <${address}>`;
}

/**
 * Canonical form of an address: lower case, the domain as A-labels, no needless quotes (RFC 5321 section 4.1.2). A domain
 * without A-labels is left empty, which no inbox has.
 */
export function canonicalAddress(address: string): string {
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at).toLowerCase();
  const domain = address.slice(at + 1).toLowerCase();
  const quoted = /^"(.*)"$/s.exec(local)?.[1]?.replaceAll(/\\(.)/gs, "$1") ?? "";
  const ascii = /^\p{ASCII}*$/u.test(domain) ? domain : domainToASCII(domain);
  return `${localPart.test(quoted) ? quoted : local}@${ascii}`;
}

/** support+x@d -> support@d and "x" (the subaddress of RFC 5233); without a tag, the address itself and null. */
export function splitSubaddress(address: string): { readonly base: string; readonly tag: string | null } {
  const at = address.lastIndexOf("@");
  const plus = address.indexOf("+");
  if (plus < 1 || plus > at) return { base: address, tag: null };
  return { base: address.slice(0, plus) + address.slice(at), tag: address.slice(plus + 1, at) };
}

/**
 * True for text like *@example.com, which people write to mean many addresses and which is an address of its own (RFC 5322 section
 * 3.2.3). One whose local part really has an asterisk can be written in quotes.
 */
export const isPattern = (text: string): boolean => /^[^"@]*\*[^"@]*@/.test(text);

/** True for an address that fits into an SMTP path (RFC 5321 section 4.5.3.1.3). */
export const isAddressLength = (address: string): boolean => Buffer.byteLength(address) <= MAX_ADDRESS;

/** Local part of an inbox created here: lower-case letters, digits, `.` `_` `-`, 1 to 64. */
export function isUsername(text: string): boolean {
  return text.length <= MAX_LOCAL_PART && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(text);
}

/** LDH labels (RFC 1123, A-labels of RFC 5891), at least two of them, 253 characters at most. */
export function isDomainName(text: string): boolean {
  return (
    text.length <= 253 &&
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
  );
}
