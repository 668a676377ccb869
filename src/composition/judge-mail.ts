/** How mail from outside is judged: SPF, DKIM, DMARC, ARC and lists of spammers' addresses, with our resolver and threads, and rspamd where there is one. */
import type { Config } from "../config.ts";
import type { Warn } from "../domain/door/failures.ts";
import type { JudgeMail } from "../domain/transit/arrivals/index.ts";
import {
  type AuthenticationParts,
  authenticate,
  loadAuthentication,
} from "../egress/authentication/authenticate.ts";
import { nodeResolver } from "../egress/dns/node-resolver.ts";
import { createRspamd, type FilterQuestion, type Rspamd, type RspamdParts } from "../egress/rspamd/rspamd.ts";
import { networkList } from "../protocols/address/network.ts";
import { listedIn } from "../protocols/authentication/dnsbl.ts";
import type { FilterVerdict } from "../protocols/authentication/spam-filter.ts";
import type { LookUp } from "../protocols/dns/look-up.ts";
import { VERSION } from "../version.ts";

/** Milliseconds that a mail waits for what it is judged by. The client waits for its 250 as long, and some more for the commit: two seconds in all. */
const JUDGE_MS = 1500;
/** Look-ups for one mail: 10 terms of SPF with 10 hosts each (RFC 7208 section 4.6.4), the keys of its signatures, and DMARC's walks up to the root. */
const MAX_LOOK_UPS = 250;

export interface JudgeParts extends Pick<AuthenticationParts, "host" | "verifySignatures"> {
  readonly lookUp: LookUp;
  /** Null: it is not asked. */
  readonly rspamd: Rspamd | null;
  /** Told of each mail that rspamd was asked about. */
  readonly onFiltered: (result: FilterResult) => void;
  /** Logs a tolerated error. */
  readonly warn: Warn;
}

/** `skipped`: by rspamd's own settings. */
export type FilterResult = "answered" | "skipped" | "failed";

/** @returns null: the operator names none */
export function rspamdOf({ inbound, domain: host }: Config, resolve: RspamdParts["resolve"]): Rspamd | null {
  const { rspamdUrl: url } = inbound;
  return url === null ? null : createRspamd({ url, host, resolve, userAgent: `Rookery/${VERSION}` });
}

/** @returns null when no mail is judged */
export function createJudge(
  { checks, unchecked, blocklists }: Config["inbound"],
  parts: JudgeParts,
): JudgeMail | null {
  if (!checks) return null;
  const isUnchecked = networkList(unchecked);
  return async (question) => {
    if (isUnchecked(question.clientAddress)) return null;
    const { tenant, asksLists, ...mail } = question;
    await loadAuthentication();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), JUDGE_MS);
    const { lookUp, host, verifySignatures } = parts;
    const resolve = nodeResolver({ lookUp, tenant, maxLookUps: MAX_LOOK_UPS, signal: deadline.signal });
    try {
      const [verdicts, listed, filter] = await Promise.all([
        authenticate(mail, { resolve, verifySignatures, host, deadlineMs: JUDGE_MS }),
        asksLists ? listedIn(mail.clientAddress, blocklists, resolve) : [],
        filtered(question, parts, deadline.signal),
      ]);
      return { verdicts: filter === null ? verdicts : { ...verdicts, rspamd: filter }, listedIn: listed };
    } finally {
      clearTimeout(timer);
      // What nobody waits for any more.
      deadline.abort();
    }
  };
}

/** Best effort: a mail that rspamd has no answer for in time is stored as one without rspamd is. */
async function filtered(
  question: FilterQuestion,
  { rspamd, onFiltered, warn }: JudgeParts,
  deadline: AbortSignal,
): Promise<FilterVerdict | null> {
  if (rspamd === null) return null;
  try {
    const verdict = await rspamd.check(question, deadline);
    onFiltered(verdict === null ? "skipped" : "answered");
    return verdict;
  } catch (error) {
    onFiltered("failed");
    warn("rspamd did not judge a mail", error);
    return null;
  }
}
