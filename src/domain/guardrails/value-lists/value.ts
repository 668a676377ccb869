/**
 * The normal form in which values are stored and compared (nylas 4.3): trimmed, in lower case, domains as A-labels, a leading @ or dot
 * of a domain dropped. The same for what a rule says, what is on a list and what a message has.
 */
import { domainToASCII } from "node:url";
import { canonicalAddress, isDomainName, parseReceivedAddress } from "../../../protocols/address/index.ts";
import type { ValueType } from "./value-list.ts";

const isAscii = (text: string): boolean => /^\p{ASCII}*$/u.test(text);

/** A domain in A-labels. Text that has none, or that a URL's host would read as another, is left as it is. */
export function asciiDomain(domain: string): string {
  const ascii = isAscii(domain) ? domain : domainToASCII(domain);
  return ascii === "" ? domain : ascii;
}

/** Trimmed and in lower case; of domains without what people write in front of one. */
export function trimmed(type: ValueType, given: string): string {
  const text = given.trim().toLowerCase();
  return type === "address" ? text : text.replace(/^[@.]/, "");
}

/** One label that is not all digits, which would be part of an IP address (RFC 3696 section 2). */
const topLevel = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** @returns the normal form; null for what can be no value of that type */
export function normalValue(type: ValueType, given: string): string | null {
  const text = trimmed(type, given);
  if (type === "address") return normalAddress(text);
  const domain = asciiDomain(text);
  const isOne = type === "domain" ? isDomainName(domain) : topLevel.test(domain);
  return isOne ? domain : null;
}

function normalAddress(text: string): string | null {
  if (/[<>]/.test(text)) return null;
  const address = parseReceivedAddress(text)?.address ?? null;
  const canonical = address === null ? "" : canonicalAddress(address);
  return canonical === "" || canonical.endsWith("@") ? null : canonical;
}
