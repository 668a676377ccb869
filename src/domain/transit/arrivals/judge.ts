/** What is found out about a mail from outside before it is stored: once for all of its inboxes. */
import { resultsField, withoutForgedResults } from "../../../protocols/authentication/results-field.ts";
import type { ClaimedMail, Verdicts } from "../../../protocols/authentication/verdicts.ts";
import { tenantOf } from "./commits.ts";
import type { IncomingMail } from "./receiver.ts";

export interface JudgeQuestion extends ClaimedMail {
  /** Whose share of the look-ups it takes. */
  readonly tenant: string;
  /** Addresses that it is for, as written in RCPT TO. */
  readonly recipients: readonly string[];
  /** Whether lists of spammers' addresses are asked. */
  readonly asksLists: boolean;
}

export interface Judgement {
  readonly verdicts: Verdicts;
  /** Lists that have the client's address. */
  readonly listedIn: readonly string[];
}

/** Judges a mail within a deadline. Null: mail of this client is not judged. Never rejects. */
export type JudgeMail = (question: JudgeQuestion) => Promise<Judgement | null>;

/**
 * The mail with what was found out about it, and our Authentication-Results in front (RFC 8601 section 4): of what claims to be ours
 * nothing is left. Mail sent by this server is not judged: it came through the door, from the inbox that it names.
 */
export async function judged(mail: IncomingMail, mailHost: string, judge?: JudgeMail): Promise<IncomingMail> {
  const raw = withoutForgedResults(mail.raw, mailHost);
  const judgement = await judgementOf(mail, judge);
  if (judgement === null) return raw === mail.raw ? mail : { ...mail, raw };
  const results = resultsField(mailHost, judgement.verdicts);
  return { ...mail, raw, trace: `${results}${mail.trace}`, judgement };
}

async function judgementOf(mail: IncomingMail, judge?: JudgeMail): Promise<Judgement | null> {
  if (judge === undefined || mail.client === undefined || mail.sent !== undefined) return null;
  return judge({
    raw: mail.raw,
    clientAddress: mail.client.address,
    clientName: mail.client.name,
    envelopeFrom: mail.envelopeFrom,
    tenant: tenantOf(mail),
    recipients: mail.recipients.map(({ address }) => address),
    asksLists: mail.recipients.some(({ limits }) => limits.spamDetection?.useListDnsbl === true),
  });
}
