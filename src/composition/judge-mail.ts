/** How mail from outside is judged: SPF, DKIM, DMARC, ARC and lists of spammers' addresses, with our resolver and threads. */
import type { Config } from "../config.ts";
import type { JudgeMail } from "../domain/transit/arrivals/index.ts";
import {
  type AuthenticationParts,
  authenticate,
  loadAuthentication,
} from "../egress/authentication/authenticate.ts";
import { nodeResolver } from "../egress/dns/node-resolver.ts";
import { networkList } from "../protocols/address/network.ts";
import { listedIn } from "../protocols/authentication/dnsbl.ts";
import type { LookUp } from "../protocols/dns/look-up.ts";

/** Milliseconds that a mail waits for what it is judged by. The client waits for its 250 as long, and some more for the commit: two seconds in all. */
const JUDGE_MS = 1500;
/** Look-ups for one mail: 10 terms of SPF with 10 hosts each (RFC 7208 section 4.6.4), the keys of its signatures, and DMARC's walks up to the root. */
const MAX_LOOK_UPS = 250;

export interface JudgeParts extends Pick<AuthenticationParts, "host" | "verifySignatures"> {
  readonly lookUp: LookUp;
}

/** @returns null when no mail is judged */
export function createJudge(
  { checks, unchecked, blocklists }: Config["inbound"],
  parts: JudgeParts,
): JudgeMail | null {
  if (!checks) return null;
  const isUnchecked = networkList(unchecked);
  return async ({ tenant, asksLists, ...mail }) => {
    if (isUnchecked(mail.clientAddress)) return null;
    await loadAuthentication();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), JUDGE_MS);
    const { lookUp, host, verifySignatures } = parts;
    const resolve = nodeResolver({ lookUp, tenant, maxLookUps: MAX_LOOK_UPS, signal: deadline.signal });
    try {
      const [verdicts, listed] = await Promise.all([
        authenticate(mail, { resolve, verifySignatures, host, deadlineMs: JUDGE_MS }),
        asksLists ? listedIn(mail.clientAddress, blocklists, resolve) : [],
      ]);
      return { verdicts, listedIn: listed };
    } finally {
      clearTimeout(timer);
      // What nobody waits for any more.
      deadline.abort();
    }
  };
}
