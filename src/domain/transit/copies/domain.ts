/** What mail for other servers is queued by. */
import { canonicalAddress } from "../../../protocols/address/index.ts";

/** The domain of an address in lower case, as A-labels. */
export function domainOf(address: string): string {
  const canonical = canonicalAddress(address);
  return canonical.slice(canonical.lastIndexOf("@") + 1);
}

/** Recipients of a message. */
export interface QueuedFor {
  /** Of domains that are hosted here: each is looked up by itself. */
  readonly here: readonly string[];
  readonly elsewhere: readonly { readonly domain: string; readonly recipients: readonly string[] }[];
}

export function queuedFor(recipients: readonly string[], hosted: ReadonlySet<string>): QueuedFor {
  const domains = [...Map.groupBy(new Set(recipients), domainOf)];
  return {
    here: domains.filter(([domain]) => hosted.has(domain)).flatMap(([, own]) => own),
    elsewhere: domains
      .filter(([domain]) => !hosted.has(domain))
      .map(([domain, own]) => ({ domain, recipients: own })),
  };
}
