/** What rules look at of a message, in the normal form in which values are compared. */
import { canonicalAddress } from "../../../protocols/address/index.ts";
import { asciiDomain } from "../value-lists/index.ts";
import type { OutboundType } from "./rule.ts";

/** A sender or recipient. */
export interface Party {
  readonly address: string;
  readonly domain: string;
  /** Last label of the domain. */
  readonly tld: string;
}

export interface Subject {
  /** Null: nobody is named, as by the null reverse-path. */
  readonly from: Party | null;
  /** Empty for mail that arrives. */
  readonly recipients: readonly Party[];
  /** Null for mail that arrives. */
  readonly outboundType: OutboundType | null;
}

/** @param address local@domain, in any case and script, without a display name; a local part alone has no domain */
export function partyOf(address: string): Party {
  const given = address.trim();
  if (!given.includes("@")) return { address: given.toLowerCase(), domain: "", tld: "" };
  const canonical = canonicalAddress(given);
  // A domain that has no A-labels is compared as it is written.
  const domain = canonical.endsWith("@")
    ? asciiDomain(given.slice(given.lastIndexOf("@") + 1).toLowerCase())
    : canonical.slice(canonical.lastIndexOf("@") + 1);
  const local = canonical.slice(0, canonical.lastIndexOf("@"));
  return { address: `${local}@${domain}`, domain, tld: domain.slice(domain.lastIndexOf(".") + 1) };
}

/** Mail that arrives from this sender. */
export const arrivalFrom = (sender: string | null): Subject => ({
  from: sender === null ? null : partyOf(sender),
  recipients: [],
  outboundType: null,
});
