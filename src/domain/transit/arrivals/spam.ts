/** How much a mail looks like spam, by what was found out about it and by what policies look at (nylas 4.1). */
import type { FilterAction } from "../../../protocols/authentication/spam-filter.ts";
import { plainSpamDetection, type SpamDetection } from "../../door/mail-limits.ts";
import type { Arrival } from "./arrival.ts";

/** From this score on, times the sensitivity, it is spam. The verdicts alone come to less: no switch, no spam at the usual sensitivity. */
const SPAM_SCORE = 5;

/** Of SPF: a domain that says that the client is not its own, and one that is not sure. */
const SPF_FAIL = 2;
const SPF_SOFTFAIL = 1;
/** A signature that the mail does not fit. */
const DKIM_FAIL = 0.5;
/** A domain that wants such mail put aside. */
const DMARC_FAIL = 2;
/** An address on one list; on several it is no error of the list. */
const LISTED = 3;
const LISTED_TWICE = 6;
/** One odd field. The most of them together are spam with any verdict against the mail. */
const ANOMALY = 1.5;
/**
 * What rspamd would do, by its operator's thresholds, which know what its score is worth. To mark a mail is to call it spam; to refuse it is
 * to be so sure that half the sensitivity does not change it. What it would put off is odd, and no more: nothing is refused after DATA here.
 */
const BY_FILTER: Readonly<Record<FilterAction, number>> = {
  "no action": 0,
  greylist: 2,
  "soft reject": 2,
  "add header": SPAM_SCORE,
  "rewrite subject": SPAM_SCORE,
  reject: 2 * SPAM_SCORE,
};
/** Milliseconds that a Date may lie before arrival: a mail is retried for five days (RFC 5321 section 4.5.4.1). */
const MAX_AGE_MS = 7 * 24 * 3600 * 1000;
const MAX_AHEAD_MS = 24 * 3600 * 1000;

/** @param settings of the inbox's policy @returns 0 for mail that was not judged */
export function spamScore(arrival: Arrival, settings: SpamDetection = plainSpamDetection): number {
  const { judgement } = arrival.mail;
  if (judgement === undefined) return 0;
  const { spf, dkim, dmarc, rspamd } = judgement.verdicts;
  const bySpf = spf.result === "fail" ? SPF_FAIL : spf.result === "softfail" ? SPF_SOFTFAIL : 0;
  const byDkim = dkim.some(({ result }) => result === "fail") ? DKIM_FAIL : 0;
  const byDmarc = dmarc.result === "fail" && dmarc.policy !== "none" ? DMARC_FAIL : 0;
  // A domain whose policy it passes vouches for it, however it came.
  const byVerdicts = dmarc.result === "pass" ? 0 : bySpf + byDkim + byDmarc;
  const lists = settings.useListDnsbl ? judgement.listedIn.length : 0;
  const byLists = lists === 0 ? 0 : lists === 1 ? LISTED : LISTED_TWICE;
  const byFilter = rspamd === undefined ? 0 : BY_FILTER[rspamd.action];
  const odd = settings.useHeaderAnomalyDetection ? anomalies(arrival).length : 0;
  return byVerdicts + byLists + byFilter + odd * ANOMALY;
}

export const isSpam = (arrival: Arrival, settings: SpamDetection = plainSpamDetection): boolean =>
  spamScore(arrival, settings) * settings.spamSensitivity >= SPAM_SCORE;

/** What programs of people and of services do not write. */
function anomalies({ mail, headers, date, from, to, cc, subject }: Arrival): readonly string[] {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const ageMs = date === null ? 0 : mail.receivedAt.getTime() - date.getTime();
  const found: Readonly<Record<string, boolean>> = {
    "no date": date === null,
    "a date that is not now": ageMs > MAX_AGE_MS || ageMs < -MAX_AHEAD_MS,
    "no message id": !names.has("message-id"),
    "no author": !from.includes("@"),
    "no recipient": to.length + cc.length === 0,
    "no subject": subject === null,
    "a client without a name": !/^[\w-]+(\.[\w-]+)+$/.test(mail.client?.name ?? ""),
  };
  return Object.keys(found).filter((what) => found[what]);
}
