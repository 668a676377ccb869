/** What may stand on a list, in its canonical form. */
import { domainToASCII } from "node:url";
import { canonicalAddress, isDomainName, parseAddress } from "../../../protocols/address/index.ts";

export type EntryType = "email" | "domain";

/** Characters that are looked at: beyond an address's 254 octets, which may be fewer than the characters of an A-label. */
const MAX_GIVEN_LENGTH = 1000;

/** An address or a domain name in its canonical form (lower case, A-labels); null for text that is neither. */
export function canonicalEntry(given: string): string | null {
  if (given.length > MAX_GIVEN_LENGTH) return null;
  if (!given.includes("@")) {
    const domain = domainToASCII(given.toLowerCase());
    // A URL's host drops what a domain name may not hold, such as a line break: then it is another text.
    const isAsGiven = !/^\p{ASCII}*$/u.test(given) || domain === given.toLowerCase();
    return isAsGiven && isDomainName(domain) ? domain : null;
  }
  const parsed = parseAddress(given);
  if (parsed === null || parsed.name !== null || /[<>]/.test(given)) return null;
  return canonicalAddress(parsed.address);
}

/** @param entry in its canonical form */
export const entryTypeOf = (entry: string): EntryType => (entry.includes("@") ? "email" : "domain");

/** The entries that would name an address: itself and its domain. */
export function entriesNaming(address: string): readonly [string, string] {
  const canonical = canonicalAddress(address);
  return [canonical, canonical.slice(canonical.lastIndexOf("@") + 1)];
}
