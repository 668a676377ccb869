/** What the checks of SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989) and ARC (RFC 8617) make of a mail, in the words of RFC 8601; and the operator's spam filter. */
import type { FilterVerdict } from "./spam-filter.ts";

export interface SpfVerdict {
  readonly result: "none" | "neutral" | "pass" | "fail" | "softfail" | "temperror" | "permerror";
  /** Domain of the reverse-path; of the name in HELO where that is null. */
  readonly domain: string;
  /** The identity that was checked (RFC 7208 sections 2.3 and 2.4). */
  readonly identity: "mailfrom" | "helo";
}

/** Of one signature. */
export interface DkimVerdict {
  /** `policy`: it is valid, and not good enough: RSA with SHA-1, a short key, a part of the body only. */
  readonly result: "pass" | "fail" | "policy" | "neutral" | "temperror" | "permerror";
  readonly domain: string;
  readonly selector: string;
}

export interface DmarcVerdict {
  /** `permerror`: its From names no author's domain, or several, so that none can be asked. */
  readonly result: "none" | "pass" | "fail" | "temperror" | "permerror";
  /** Of the author in From, in A-labels and lower case; empty when there is none. */
  readonly domain: string;
  /** What the domain asks for mail that fails; null: it has no policy, or none was found out. */
  readonly policy: "none" | "quarantine" | "reject" | null;
}

export interface ArcVerdict {
  readonly result: "none" | "pass" | "fail" | "temperror";
  /** Who sealed it last; null without a chain. */
  readonly domain: string | null;
}

export interface Verdicts {
  readonly spf: SpfVerdict;
  /** None: it is not signed. */
  readonly dkim: readonly DkimVerdict[];
  readonly dmarc: DmarcVerdict;
  readonly arc: ArcVerdict;
  /** Absent: there is none, or it had no answer in time. */
  readonly rspamd?: FilterVerdict;
}

/** A mail as a client hands it over. */
export interface ClaimedMail {
  readonly raw: Uint8Array;
  /** Of the connection. */
  readonly clientAddress: string;
  /** The argument of EHLO or HELO. */
  readonly clientName: string;
  /** MAIL FROM; empty for the null reverse-path. */
  readonly envelopeFrom: string;
}

/** Asks for records as `dns.promises.resolve` does, and rejects with its codes. */
export type Resolve = (name: string, type: string) => Promise<string[] | string[][]>;

/** An error as node:dns has it. */
export function dnsError(code: "ENOTFOUND" | "ENODATA" | "ETIMEOUT" | "ESERVFAIL" | "EBADNAME"): Error {
  return Object.assign(new Error(code), { code });
}

/** A domain as it is compared and shown: lower case, no last dot. */
export const plainDomain = (text: string): string => text.toLowerCase().replace(/\.$/, "");
